import { readFileSync } from 'node:fs';
import type { Command } from 'commander';
import { parseKeyring, type VerificationKey } from '../../lambda/keys/keyring.ts';
import { type Archive, type ArchiveOptions, addArchiveOptions, connectArchive } from '../archive/archive-bucket.ts';
import { readArchivedKeys } from '../archive/archived-keys.ts';
import { measure } from '../archive/event-objects.ts';
import { readSelection, type Selection, type SelectionOptions, typesByName } from '../archive/selection.ts';
import { type BadLine, type VerificationReport, verifyArchive } from '../archive/verify.ts';
import type { GlobalOptions } from '../connections.ts';
import { formatTable, print, progress, visibleOnOneLine, wrap } from '../output.ts';
import { createProgressBar } from '../progress-bar.ts';

type Options<Own = object> = GlobalOptions & ArchiveOptions & SelectionOptions & Own;

/** `mmw archive`: what was queued once, and can be proved, queued again, taken out and erased. */
export function addArchiveCommand(program: Command): void {
  const archive = program
    .command('archive')
    .description('look into the archive of events, verify, replay, export, erase');
  addSelectedCommand(archive, 'verify', 'check the signature of every event again, with the keys that the archive has')
    .option('--keys <file>', 'a keyring to verify with instead, such as one that is kept elsewhere')
    .action((_options, command: Command) => verify(command.optsWithGlobals()));
}

function addSelectedCommand(archive: Command, name: string, description: string): Command {
  const names = [...typesByName.keys()].join(', ');
  return addArchiveOptions(archive.command(name).description(description))
    .option(
      '--from <time>',
      'the first moment that is meant, such as 2026-11-25T10:00:00Z, 2026-11-25 (UTC), or 2h ago',
    )
    .option('--to <time>', 'the first moment that is meant no more')
    .option('--type <types...>', `only these types: ${names}`)
    .option('--subject <id>', 'only events about this message')
    .option('--id <id>', 'only the event with this id')
    .addHelpText('after', timesHelp);
}

const timesHelp = wrap(`
Times are those at which MessageMedia signed an event, which is what its signature proves; of an event that was polled,
when it was received. The archive has events by the hour in which they came, up to a day later: so objects from one
hour before --from to 25 hours after --to are read.`);

async function verify(options: Options<{ keys?: string }>): Promise<void> {
  const now = Date.now();
  const archive = await connectArchive(options);
  const selection = readSelection(options, now);
  const keys = await keysFor(archive, selection, now, options.keys);
  const { bytes } = await measure(archive, selection, now);
  const bar = createProgressBar(bytes, 'events');
  let done = 0;
  const bad: BadLine[] = [];
  const report = await verifyArchive(archive, selection, {
    keys,
    now,
    onBad: (line) => {
      if (bad.length < mostShown) bad.push(line);
    },
    onRead: ({ size }, events) => {
      done += size;
      bar.update(done, events);
    },
  });
  bar.clear();
  print(options.json, { ...report, badLines: bad }, describeReport(report, bad));
  if (report.bad > 0) process.exitCode = 1;
}

/** More are counted only. */
const mostShown = 1_000;

/** The keys of a file, or else those of the archive. */
async function keysFor(archive: Archive, selection: Selection, now: number, file?: string): Promise<VerificationKey[]> {
  if (file === undefined) return readArchivedKeys(archive, selection, now, progress);
  const { keys, warnings } = parseKeyring(readFileSync(file, 'utf8'));
  for (const warning of warnings) progress(warning);
  return keys;
}

function describeReport(
  { objects, events, good, polled, bad }: VerificationReport,
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
  const lines = badLines.map(({ object, line, id = '', reason }) =>
    visibleOnOneLine(`bad: ${object} line ${line}${id && `, event ${id}`}: ${reason}`),
  );
  return [
    ...(rows.length > 0 ? [formatTable(['key', 'bits', 'SHA-256 begins', 'retired (UTC)', 'events'], rows)] : []),
    ...lines,
    ...(bad > lines.length ? [`… and ${bad - lines.length} more`] : []),
    `${events} events in ${objects} objects: ${verified} with a good signature, ${polled} polled and never signed, ${bad === 0 ? 'none' : bad} bad.`,
  ].join('\n');
}
