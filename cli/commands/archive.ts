import type { Command } from 'commander';
import { formatTable, print } from '../../terminal/output.ts';
import { visibleOnOneLine } from '../../terminal/text.ts';
import { type BadLine, type LostVersion, type VerificationReport, verifyArchive } from '../archive/verify.ts';
import { withOptions } from '../options.ts';
import { addEraseCommand } from './archive-erase.ts';
import { addListCommands } from './archive-list.ts';
import {
  addRangeCommand,
  describeBadLine,
  openRange,
  type RangeOptions,
  readKeys,
  watchReading,
} from './archive-range.ts';
import { addReplayCommand } from './archive-replay.ts';

export function addArchiveCommand(program: Command): void {
  const archive = program.command('archive').description('list, verify, replay and erase archived events');
  addListCommands(archive);
  addRangeCommand(archive, 'verify', 'verify the signature of every event with the archived keys')
    .option('--id <id>', 'only the event with this id')
    .option('--keys <file>', 'a keyring to verify with, instead of the archived keys')
    .action(withOptions(verify));
  addReplayCommand(archive);
  addEraseCommand(archive);
}

/** How many bad lines are printed. Further ones are only counted. */
const mostShown = 1_000;

async function verify(options: RangeOptions<{ keys?: string }>): Promise<void> {
  const range = await openRange(options);
  const keys = await readKeys(range, options.keys);
  const { onRead, clear } = await watchReading(range);
  const bad: BadLine[] = [];
  const onBad = (line: BadLine) => {
    if (bad.length < mostShown) bad.push(line);
  };
  const lost: LostVersion[] = [];
  const onLost = (version: LostVersion) => {
    if (lost.length < mostShown) lost.push(version);
  };
  const report = await verifyArchive(range.archive, range.selection, { keys, now: range.now, onBad, onLost, onRead });
  clear();
  print(options.json, { ...report, lostVersions: lost, badLines: bad }, describeReport(report, lost, bad));
  if (report.bad > 0 || report.lost > 0) process.exitCode = 1;
}

function describeReport(
  { versioning, lost, objects, events, good, polled, bad }: VerificationReport,
  lostVersions: readonly LostVersion[],
  badLines: readonly BadLine[],
): string {
  const rows = good.map(({ keyId = 'without an id', bits, fingerprint, retiredAt = '', events: count }) => [
    keyId,
    String(bits),
    fingerprint.slice(0, 16),
    retiredAt.slice(0, 19),
    String(count),
  ]);
  const verified = good.reduce((sum, { events: count }) => sum + count, 0);
  return [
    ...(rows.length > 0 ? [formatTable(['key', 'bits', 'SHA-256 begins', 'retired (UTC)', 'events'], rows)] : []),
    ...lostVersions.map(describeLost),
    ...(lost > lostVersions.length ? [`… and ${lost - lostVersions.length} more`] : []),
    ...badLines.map((line) => describeBadLine(line)),
    ...(bad > badLines.length ? [`… and ${bad - badLines.length} more`] : []),
    `${events} events in ${objects} objects: ${verified} with a good signature, ${polled} polled and never signed, ${bad === 0 ? 'none' : bad} bad.`,
    ...(versioning === 'none'
      ? []
      : [`Removed or replaced: ${lost === 0 ? 'nothing' : lost === 1 ? '1 version' : `${lost} versions`}.`]),
    ...(unseen[versioning] ?? []),
  ].join('\n');
}

/** What nobody can see in a bucket that does not keep its versions. */
const unseen: Partial<Record<VerificationReport['versioning'], string[]>> = {
  none: ['The bucket keeps no versions, so what was removed or replaced cannot be seen.'],
  Suspended: ['Versioning is suspended, so what was removed or replaced since then cannot be seen.'],
};

function describeLost({ object, version, how, at, events }: LostVersion): string {
  return visibleOnOneLine(`${how} at ${at}: ${object}, version ${version}, with ${events} events`);
}
