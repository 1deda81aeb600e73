import { readFileSync } from 'node:fs';
import type { Command } from 'commander';
import { parseKeyring, type VerificationKey } from '../../lambda/keys/keyring.ts';
import { type Archive, type ArchiveOptions, addArchiveOptions, connectArchive } from '../archive/archive-bucket.ts';
import { readArchivedKeys } from '../archive/archived-keys.ts';
import { measure, type StoredObject } from '../archive/event-objects.ts';
import { readSelection, type Selection, type SelectionOptions, typesByName } from '../archive/selection.ts';
import type { GlobalOptions } from '../connections.ts';
import { progress, wrap } from '../output.ts';
import { createProgressBar } from '../progress-bar.ts';

/** Options of every command that reads a range of an archive. */
export type RangeOptions<Own = object> = GlobalOptions & ArchiveOptions & SelectionOptions & Own;

/** Adds a command that reads a range of an archive. */
export function addRangeCommand(archive: Command, name: string, description: string): Command {
  const names = [...typesByName.keys()].join(', ');
  return addArchiveOptions(archive.command(name).description(description))
    .option('--from <time>', 'the first moment that is meant: 2026-11-25T10:00:00Z, 2026-11-25 (UTC), or 2h ago')
    .option('--to <time>', 'the first moment that is meant no more')
    .option('--type <types...>', `only these types: ${names}`)
    .option('--subject <id>', 'only events about this message')
    .addHelpText('after', timesHelp);
}

const timesHelp = wrap(`
Times are those at which MessageMedia signed an event, which is what its signature proves; of an event that was polled,
when it was received. The archive has events by the hour in which they came, up to a day later: objects from one hour
before --from to 25 hours after --to are read.`);

/** A range that can be read. */
export interface Range {
  archive: Archive;
  selection: Selection;
  /** Milliseconds since the epoch. */
  now: number;
}

/** @param now in milliseconds since the epoch */
export async function openRange(options: RangeOptions, now = Date.now()): Promise<Range> {
  const selection = readSelection(options, now);
  return { archive: await connectArchive(options), selection, now };
}

/** The keys of a file, or else those that the archive has of the range's days. */
export async function readKeys({ archive, selection, now }: Range, file?: string): Promise<VerificationKey[]> {
  if (file === undefined) return readArchivedKeys(archive, selection, now, progress);
  const { keys, warnings } = parseKeyring(readFileSync(file, 'utf8'));
  for (const warning of warnings) progress(warning);
  return keys;
}

/** A bar over the bytes of a range; `onRead` is told of each object, and of how many events there were until then. */
export async function watchReading({ archive, selection, now }: Range) {
  const { bytes } = await measure(archive, selection, now);
  const bar = createProgressBar(bytes, 'events');
  let done = 0;
  const onRead = ({ size }: StoredObject, events: number) => {
    done += size;
    bar.update(done, events);
  };
  return { onRead, clear: bar.clear };
}
