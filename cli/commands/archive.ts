import type { Command } from 'commander';
import { archiveTypeOf } from '../../lambda/archive-contract.ts';
import type { QueuedEvent } from '../../lambda/contract.ts';
import { identityOf } from '../../lambda/event/deduplication.ts';
import { parseHttpDate } from '../../lambda/signature.ts';
import { ClosedPipeError, formatTable, print, printLine, progress } from '../../terminal/output.ts';
import { counted, toJson, visibleOnOneLine } from '../../terminal/text.ts';
import { createLargeSet, createSignedCopies } from '../archive/copies.ts';
import { type Evidence, findEvent } from '../archive/find-event.ts';
import { type ArchivedEvent, type BadLine, readRange } from '../archive/read-archive.ts';
import { digestOf } from '../archive/replay-state.ts';
import { type LostVersion, type VerificationReport, verifyArchive } from '../archive/verify.ts';
import { withOptions } from '../options.ts';
import { detailOf } from '../queue/shown-message.ts';
import { addEraseCommand } from './archive-erase.ts';
import {
  addRangeCommand,
  describeBadLine,
  listRange,
  type RangeOptions,
  readKeys,
  withProgress,
} from './archive-range.ts';
import { addReplayCommand } from './archive-replay.ts';

export function addArchiveCommand(program: Command): void {
  const archive = program.command('archive').description('list, verify, replay and erase archived events');
  const keys = ['--keys <file>', 'a keyring to verify with, instead of the archived keys'] as const;
  const id = ['--id <id>', 'only the event with this id'] as const;
  addRangeCommand(archive, 'list', 'list events, one on each line, repeated lines once')
    .option(...id)
    .action(withOptions(list));
  addRangeCommand(archive, 'show <id>', 'show a whole event, and verify its signature')
    .option(...keys)
    .action(withOptions(show));
  addRangeCommand(archive, 'verify', 'verify the signature of every event with the archived keys')
    .option(...id)
    .option(...keys)
    .action(withOptions(verify));
  addReplayCommand(archive);
  addEraseCommand(archive);
}

function reportBroken(line: BadLine): void {
  progress(describeBadLine(line));
  process.exitCode = 1;
}

async function list(options: RangeOptions): Promise<void> {
  const range = await listRange(options);
  const isSignedToo = createSignedCopies(range, async () => true);
  const seen = createLargeSet();
  /** Whether an event that was polled also came signed, before it or after it. */
  const isCopy = async (event: QueuedEvent) => {
    if (event.mmorigin !== undefined) return seen.has(identityOf(event)) || isSignedToo(event);
    seen.add(identityOf(event));
    return false;
  };
  let events = 0;
  try {
    for await (const found of readRange(range)) {
      if ('reason' in found) reportBroken(found);
      // Signatures are not checked here. So only what is the same to the last byte is left out.
      else if (!(await isCopy(found.event)) && seen.add(digestOf(found.text))) {
        events++;
        const shown = describe(found);
        await printLine(options.json ? toJson(shown) : asLine(shown));
      }
    }
  } catch (error) {
    if (error instanceof ClosedPipeError) return;
    throw error;
  }
  progress(events === 0 ? 'There is no such event.' : `${counted(events, 'event')}.`);
}

function describe({ event, object, line }: ArchivedEvent) {
  const { id, type, subject = '', mmdate, time } = event;
  // A polled event was never signed, so its time is shown.
  const signed = new Date(parseHttpDate(mmdate ?? '') ?? time).toISOString();
  return { signed, type: archiveTypeOf(type), id, subject, detail: detailOf(event), object, line };
}

function asLine({ signed, type, id, subject, detail }: ReturnType<typeof describe>): string {
  return visibleOnOneLine([signed.slice(0, 19), type, id, subject, detail].filter(Boolean).join('  '));
}

async function show(id: string, options: RangeOptions<{ keys?: string }>): Promise<void> {
  const range = await listRange({ ...options, id });
  const evidence = await findEvent(range, await readKeys(range, options.keys), reportBroken);
  if (evidence === undefined) {
    const narrowed = options.from ?? options.to ?? options.type ?? options.subject;
    const where = narrowed === undefined ? '' : ' among the selected events';
    throw new Error(`${range.archive.bucket} has no event ${id}${where}.`);
  }
  print(options.json, evidence, describeEvidence(evidence));
  if (evidence.verdict.startsWith('bad')) process.exitCode = 1;
}

function describeEvidence({ object, line, verdict, keyFingerprint, event, payload }: Evidence): string {
  return [
    visibleOnOneLine(`${object} line ${line}`),
    `signature: ${visibleOnOneLine(verdict)}${keyFingerprint === undefined ? '' : `, with the key whose SHA-256 is ${keyFingerprint}`}`,
    toJson({ ...event, ...(payload !== undefined && { payload }) }, 2),
  ].join('\n');
}

async function verify(options: RangeOptions<{ keys?: string }>): Promise<void> {
  const range = await listRange(options);
  const keys = await readKeys(range, options.keys);
  const report = await withProgress(range, (watched) => verifyArchive(watched, keys));
  print(options.json, report, describeReport(report));
  if (report.bad > 0 || report.lost > 0) process.exitCode = 1;
}

function describeReport(report: VerificationReport): string {
  const { versioning, lost, objects, events, good, polled, bad, lostVersions, badLines } = report;
  const rows = good.map(({ keyId = 'without an id', bits, fingerprint, retiredAt = '', events: count }) => [
    keyId,
    String(bits),
    fingerprint.slice(0, 16),
    retiredAt.slice(0, 19),
    String(count),
  ]);
  const verified = good.reduce((sum, { events: count }) => sum + count, 0);
  const more = (count: number, named: readonly object[]) =>
    count > named.length ? [`… and ${count - named.length} more`] : [];
  return [
    ...(rows.length > 0 ? [formatTable(['key', 'bits', 'SHA-256 begins', 'retired (UTC)', 'events'], rows)] : []),
    ...[...lostVersions.map(describeLost), ...more(lost, lostVersions)],
    ...[...badLines.map((line) => describeBadLine(line)), ...more(bad, badLines)],
    `${counted(events, 'event')} in ${counted(objects, 'object')}: ${verified} with a good signature, ${polled} polled and never signed, ${bad === 0 ? 'none' : bad} bad.`,
    ...(versioning === 'none' ? [] : [`Removed or replaced: ${lost === 0 ? 'nothing' : counted(lost, 'version')}.`]),
    ...(unseen[versioning] ?? []),
  ].join('\n');
}

/** What nobody can see in a bucket that does not keep its versions. */
const unseen: Partial<Record<VerificationReport['versioning'], string[]>> = {
  none: ['The bucket keeps no versions, so what was removed or replaced cannot be seen.'],
  Suspended: ['Versioning is suspended, so what was removed or replaced since then cannot be seen.'],
};

function describeLost({ object, version, how, at, events }: LostVersion): string {
  return visibleOnOneLine(`${how} at ${at}: ${object}, version ${version}, with ${counted(events, 'event')}`);
}
