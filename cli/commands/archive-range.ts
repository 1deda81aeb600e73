import type { Command } from 'commander';
import { parseKeyring, type VerificationKey } from '../../lambda/keys/keyring.ts';
import { progress, wrap } from '../../terminal/output.ts';
import { createProgressBar } from '../../terminal/status-line.ts';
import { visibleOnOneLine } from '../../terminal/text.ts';
import { type ArchiveOptions, addArchiveOptions, connectArchive } from '../archive/archive-bucket.ts';
import { readArchivedKeys } from '../archive/archived-keys.ts';
import { type BadLine, openRange, type Range } from '../archive/read-archive.ts';
import { readSelection, type SelectionOptions, typesByName } from '../archive/selection.ts';
import type { GlobalOptions } from '../connections.ts';
import { readNamed } from '../options.ts';
import { decodeText } from '../text-file.ts';

export type RangeOptions<Own = object> = GlobalOptions & ArchiveOptions & SelectionOptions & Own;

export function addRangeCommand(archive: Command, name: string, description: string): Command {
  const names = [...typesByName.keys()].join(', ');
  return addArchiveOptions(archive.command(name).description(description))
    .option(
      '--from <time>',
      'only events that arrived from this time on: 2026-11-25T10:00:00Z, 2026-11-25 (UTC), or 2h (2 hours ago)',
    )
    .option('--to <time>', 'only events that arrived before this time')
    .option('--type <types...>', `only these types: ${names}`)
    .option('--subject <id>', 'only events about this message')
    .addHelpText('after', timesHelp);
}

const timesHelp = wrap(`
The archive stores events by the hour of arrival (UTC). So --from and --to select whole hours: those in which --from lies and later, and
those that begin before --to. A webhook may be signed a day before it arrives, and what
reconciliation queues is up to 45 days old.`);

export async function listRange(options: RangeOptions): Promise<Range> {
  const selection = readSelection(options, Date.now());
  return openRange(await connectArchive(options), selection);
}

/** Reads the keys from a file if one is given, otherwise the archived keys of the selected days. */
export async function readKeys({ archive, selection }: Range, file?: string): Promise<VerificationKey[]> {
  if (file === undefined) return readArchivedKeys(archive, selection, progress);
  const { keys, warnings } = parseKeyring(decodeText(await readNamed(file)));
  for (const warning of warnings) progress(warning);
  return keys;
}

/** Shows how much of a range is read. */
export async function withProgress<Result>(range: Range, work: (range: Range) => Promise<Result>): Promise<Result> {
  const bytes = range.objects.reduce((sum, { size }) => sum + size, 0);
  const { update, clear } = createProgressBar(bytes, 'events');
  try {
    return await work({ ...range, onRead: update });
  } finally {
    clear();
  }
}

export function describeBadLine({ object, line, id = '', reason }: BadLine, what = 'bad'): string {
  return visibleOnOneLine(`${what}: ${object} line ${line}${id && `, event ${id}`}: ${reason}`);
}
