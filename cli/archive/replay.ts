import { archiveTypeOf } from '../../lambda/archive-contract.ts';
import type { EventType } from '../../lambda/contract.ts';
import { sourceOf } from '../../lambda/event/identifiers.ts';
import type { VerificationKey } from '../../lambda/keys/keyring.ts';
import type { Archive } from './archive-bucket.ts';
import type { StoredObject } from './event-objects.ts';
import { createSorter, type Sorter } from './external-sort.ts';
import { type Judgement, judge } from './judge.ts';
import { type ArchivedEvent, type BrokenLine, type Place, readArchive } from './read-archive.ts';
import { type DataTarget, type ReplayMessage, toReplayMessage } from './replay-message.ts';
import type { RefusedMessage } from './replay-sender.ts';
import { createSeenEvents } from './seen-events.ts';
import { type Selection, signedAt } from './selection.ts';
import type { BadLine } from './verify.ts';

/** The result of a replay. */
export interface ReplayReport {
  /** Events sent to SQS, by type; with `isDryRun` those that would be sent. */
  sent: Record<string, number>;
  /** Events sent to SQS by an earlier run of the same replay. */
  sentBefore: number;
  /** Further lines of the same events. */
  duplicates: number;
  /** Lines that do not verify. They are not sent, because the queue has only verified events. */
  bad: number;
  /** Events that the queue does not take. */
  refused: number;
  /** Whether everything is done. */
  isFinished: boolean;
}

/** What a replay needs. */
export interface Replay {
  selection: Selection;
  now: number;
  keys: readonly VerificationKey[];
  replayId: string;
  target: DataTarget | undefined;
  /** Sends nothing, and copies no data. */
  isDryRun: boolean;
  /** Events a second; `undefined` for as many as SQS takes. */
  rate: number | undefined;
  /** Everything up to this place was done by an earlier run. */
  after: string | undefined;
  /** Resolves to the events that the queue does not take. */
  send: (messages: readonly ReplayMessage[]) => Promise<readonly RefusedMessage[]>;
  wait: (milliseconds: number) => Promise<unknown>;
  /** Called when everything up to a place is done. */
  onDone: (last: string, sent: number) => void;
  onBad: (line: BadLine) => void;
  onRefused: (event: { id: string; reason: string }) => void;
  onRead?: (object: StoredObject, events: number) => void;
  onSent?: (done: number, total: number) => void;
  /** Stops the replay between two chunks. */
  signal: AbortSignal;
}

/** How many events are sent before the state is saved. Memory holds them until then. */
const chunkEvents = 100;
const chunkBytes = 8 * 1_048_576;

/** Queues the events of a selection again, each once, in the order in which they were signed. */
export async function replay(archive: Archive, options: Replay): Promise<ReplayReport> {
  const report: ReplayReport = { sent: {}, sentBefore: 0, duplicates: 0, bad: 0, refused: 0, isFinished: false };
  const sorter = createSorter();
  try {
    const total = await readInto(sorter, archive, options, report);
    if (!options.signal.aborted) await sendSorted(sorter, archive, options, { report, total });
    return { ...report, isFinished: !options.signal.aborted };
  } finally {
    await sorter.close();
  }
}

async function readInto(sorter: Sorter, archive: Archive, options: Replay, report: ReplayReport): Promise<number> {
  let count = 0;
  const observer = {
    broken: (line: BrokenLine) => {
      report.bad++;
      options.onBad(line);
    },
    read: (object: StoredObject) => options.onRead?.(object, count),
  };
  for await (const found of readArchive(archive, options.selection, options.now, observer)) {
    if (options.signal.aborted) break;
    await sorter.add({ key: toKey(found), text: found.text });
    count++;
  }
  return count;
}

async function sendSorted(
  sorter: Sorter,
  archive: Archive,
  options: Replay,
  { report, total }: { report: ReplayReport; total: number },
): Promise<void> {
  const isNew = createSeenEvents();
  const pace = createPace(options);
  let chunk: { message: ReplayMessage; type: EventType }[] = [];
  let bytes = 0;
  let done = 0;
  const flush = async (last: string) => {
    await pace(chunk.length);
    const refused = await options.send(chunk.map(({ message }) => message));
    const isRefused = new Set(refused.map(({ message }) => message.deduplicationId));
    const sent = chunk.filter(({ message }) => !isRefused.has(message.deduplicationId));
    for (const { type } of sent) count(report, type);
    report.refused += refused.length;
    for (const { message, reason } of refused) options.onRefused({ id: message.id, reason });
    options.onDone(last, sent.length);
    chunk = [];
    bytes = 0;
  };
  let last = '';
  for await (const { key, text } of sorter.sorted()) {
    if (options.signal.aborted) return;
    last = key;
    options.onSent?.(++done, total);
    const judgement = await judge(archive, text, options.keys);
    if (judgement.verdict === 'bad') {
      report.bad++;
      options.onBad({ ...toPlace(key), id: JSON.parse(text).id, reason: judgement.reason });
      continue;
    }
    const { read } = judgement;
    // Only good events count here: a forged one must not replace the genuine event with the same id.
    if (!isNew(read.event)) report.duplicates++;
    else if (options.after !== undefined && key <= options.after) report.sentBefore++;
    else if (options.isDryRun) count(report, read.event.type);
    else {
      const message = await toReplayMessage(text, read, { ...options, account: accountOf(judgement, options.keys) });
      chunk.push({ message, type: read.event.type });
      bytes += message.body.length;
      if (chunk.length >= Math.min(chunkEvents, options.rate ?? chunkEvents) || bytes >= chunkBytes) await flush(key);
    }
  }
  if (chunk.length > 0) await flush(last);
}

/** The account in the group that the receiver gave the event; `undefined` where keys name none. */
function accountOf(
  judgement: Exclude<Judgement, { verdict: 'bad' }>,
  keys: readonly VerificationKey[],
): string | undefined {
  if (judgement.verdict === 'good') return judgement.key.account;
  const { source } = judgement.read.event;
  return keys.find(({ account }) => account !== undefined && sourceOf(account) === source)?.account;
}

function count({ sent }: ReplayReport, type: EventType): void {
  const name = archiveTypeOf(type);
  sent[name] = (sent[name] ?? 0) + 1;
}

/** Waits so that the rate is not exceeded. */
function createPace({ rate, wait }: Pick<Replay, 'rate' | 'wait'>) {
  let due = performance.now();
  return async (count: number) => {
    if (rate === undefined) return;
    const early = due - performance.now();
    if (early > 0) await wait(early);
    due = Math.max(due, performance.now()) + (count * 1000) / rate;
  };
}

/** Sorts by the signed `Date`, then by the event's own time, as a `Date` has only seconds, then by place to be unique. */
function toKey({ event, object, line }: ArchivedEvent): string {
  const times = [signedAt(event), Date.parse(event.time)].map((time) => new Date(time).toISOString());
  return [...times, object, String(line).padStart(9, '0')].join('\n');
}

function toPlace(key: string): Place {
  const [, , object = '', line] = key.split('\n');
  return { object, line: Number(line) };
}
