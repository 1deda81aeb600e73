import { stringify } from 'csv-stringify/sync';
import { openQueuedEvent } from '../../lambda/event/queued-event.ts';
import { isObject } from '../../lambda/guards.ts';
import type { VerificationKey } from '../../lambda/keys/keyring.ts';
import type { Archive } from './archive-bucket.ts';
import { fetchArchivedData, isUnreadable } from './archived-data.ts';
import { describeVerdict, type Judgement, judge } from './judge.ts';
import { type ArchivedEvent, type Observer, readArchive } from './read-archive.ts';
import { createSeenEvents } from './seen-events.ts';
import { type Selection, signedAt } from './selection.ts';

export const exportFormats = ['csv', 'jsonl'] as const;

/** What is exported, and how. */
export interface Export extends Observer {
  selection: Selection;
  now: number;
  format: (typeof exportFormats)[number];
  /** `undefined` for an export without verdicts. */
  keys: readonly VerificationKey[] | undefined;
}

/**
 * Exports the events of a selection, each once. CSV is as in RFC 4180, and the first row names the columns. A cell that a
 * spreadsheet would treat as a formula begins with `'`. JSON lines are the archive's own lines, which can still be
 * verified. With verdicts, their first member is `verdict`.
 *
 * @returns lines with their line ends
 */
export async function* exportEvents(archive: Archive, options: Export): AsyncGenerator<string> {
  const { selection, now, format, keys } = options;
  const isNew = createSeenEvents();
  if (format === 'csv') yield toCsv([...columns, ...(keys === undefined ? [] : ['verdict'])]);
  for await (const found of readArchive(archive, selection, now, options)) {
    if (!isNew(found.event)) continue;
    const judgement = keys && (await judge(archive, found.text, keys));
    const verdict = judgement === undefined ? [] : [describeVerdict(judgement)];
    if (format === 'csv') yield toCsv([...(await cellsOf(archive, found, judgement, options)), ...verdict]);
    else yield `{${verdict.map((text) => `"verdict":${JSON.stringify(text)},`).join('')}${withoutBrace(found.text)}\n`;
  }
}

const columns = [
  ...['id', 'type', 'subject', 'source', 'time', 'signed', 'key_id', 'status', 'error_code'],
  ...['source_number', 'destination_number', 'content', 'metadata'],
];

async function cellsOf(
  archive: Archive,
  found: ArchivedEvent,
  judgement: Judgement | undefined,
  { broken }: Observer,
): Promise<string[]> {
  const { id, type, subject = '', source, time, mmdate, mmkeyid = '' } = found.event;
  const payload = await payloadOf(archive, found, judgement).catch((error: unknown) => {
    if (!isUnreadable(error)) throw error;
    broken({ object: found.object, line: found.line, reason: error.message });
    return undefined;
  });
  const fields = isObject(payload) ? payload : {};
  const own = ['status', 'error_code', 'source_number', 'destination_number', 'content', 'metadata'];
  const signed = mmdate === undefined ? '' : new Date(signedAt(found.event)).toISOString();
  return [id, type, subject, source, time, signed, mmkeyid, ...own.map((name) => toText(fields[name]))];
}

/** Whoever verified the event has read it already, with its data. */
async function payloadOf(archive: Archive, { text }: ArchivedEvent, judgement?: Judgement): Promise<unknown> {
  if (judgement && judgement.verdict !== 'bad') return judgement.read.event.payload;
  return (await openQueuedEvent(text, (dataref) => fetchArchivedData(archive, dataref))).event.payload;
}

/** What follows the first brace of a JSON object. */
function withoutBrace(json: string): string {
  return json.slice(json.indexOf('{') + 1);
}

function toText(value: unknown): string {
  if (value === undefined || value === null) return '';
  return typeof value === 'string' ? value : JSON.stringify(value);
}

function toCsv(cells: readonly string[]): string {
  return stringify([cells], { record_delimiter: 'windows', escape_formulas: true });
}
