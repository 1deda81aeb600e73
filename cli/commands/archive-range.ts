import { readFileSync } from 'node:fs';
import type { Command } from 'commander';
import { parseKeyring, type VerificationKey } from '../../lambda/keys/keyring.ts';
import { progress, wrap } from '../../terminal/output.ts';
import { createProgressBar } from '../../terminal/status-line.ts';
import { visibleOnOneLine } from '../../terminal/text.ts';
import { type Archive, type ArchiveOptions, addArchiveOptions, connectArchive } from '../archive/archive-bucket.ts';
import { readArchivedKeys } from '../archive/archived-keys.ts';
import { listEventObjects, type StoredObject } from '../archive/event-objects.ts';
import { readSelection, type Selection, type SelectionOptions, typesByName } from '../archive/selection.ts';
import type { BadLine } from '../archive/verify.ts';
import type { GlobalOptions } from '../connections.ts';

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

export interface Range {
  archive: Archive;
  selection: Selection;
  /** Milliseconds since the epoch. */
  now: number;
}

export async function openRange(options: RangeOptions): Promise<Range> {
  const now = Date.now();
  const selection = readSelection(options, now);
  return { archive: await connectArchive(options), selection, now };
}

/** Reads the keys from a file if one is given, otherwise the archived keys of the selected days. */
export async function readKeys({ archive, selection, now }: Range, file?: string): Promise<VerificationKey[]> {
  if (file === undefined) return readArchivedKeys(archive, selection, now, progress);
  const { keys, warnings } = parseKeyring(readFileSync(file, 'utf8'));
  for (const warning of warnings) progress(warning);
  return keys;
}

/** A progress bar over the bytes to read. Call `onRead` for each object, with the number of events so far. */
export async function watchReading({ archive, selection, now }: Range) {
  const objects = await listEventObjects(archive, selection, now);
  const bar = createProgressBar(
    objects.reduce((sum, { size }) => sum + size, 0),
    'events',
  );
  let done = 0;
  const onRead = ({ size }: Pick<StoredObject, 'size'>, events: number) => {
    done += size;
    bar.update(done, events);
  };
  return { objects: objects.length, onRead, clear: bar.clear };
}

export function describeBadLine({ object, line, id = '', reason }: BadLine, what = 'bad'): string {
  return visibleOnOneLine(`${what}: ${object} line ${line}${id && `, event ${id}`}: ${reason}`);
}
