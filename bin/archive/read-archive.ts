import type { QueuedEvent } from '../../lambda/contract.ts';
import { parseQueuedEvent } from '../../lambda/event/attributes.ts';
import type { Archive } from './archive-bucket.ts';
import { listEventObjects, type StoredObject } from './event-objects.ts';
import { type Line, readLines } from './lines.ts';
import { openObjects } from './object-bytes.ts';
import { isSelected, type Selection } from './selection.ts';

/** Where a line is. */
export interface Place {
  /** Key of the object. */
  object: string;
  /** From 1. */
  line: number;
}

/** An event as the archive has it. */
export interface ArchivedEvent extends Place {
  /** The line; `fromArchiveLine` makes the queued message of it. */
  text: string;
  event: QueuedEvent;
}

/** What is no event, or cannot be read. */
export interface BrokenLine extends Place {
  /** Why; nothing of what it holds. */
  reason: string;
}

/** Gets what is not handed on. */
export interface Observer {
  /** A line that is no event. Nobody knows whether it was meant. */
  broken: (line: BrokenLine) => void;
  /** An object was read to its end. */
  read?: (object: StoredObject) => void;
}

/**
 * Events of a selection, by the hour in which they came into the archive. What is there twice comes twice.
 *
 * @param now in milliseconds since the epoch: nothing later is looked for
 */
export async function* readArchive(
  archive: Archive,
  selection: Selection,
  now: number,
  { broken, read }: Observer,
): AsyncGenerator<ArchivedEvent> {
  for await (const { object, bytes } of openObjects(archive, listEventObjects(archive, selection, now))) {
    for await (const lines of readLines(bytes)) {
      for (const line of lines) {
        const found = parseLine(object.key, line);
        if ('reason' in found) broken(found);
        else if (isSelected(found.event, selection)) yield found;
      }
    }
    read?.(object);
  }
}

/** What a line of an object is. */
export function parseLine(object: string, line: Line): ArchivedEvent | BrokenLine {
  const place = { object, line: line.number };
  if ('broken' in line) return { ...place, reason: line.broken };
  try {
    return { ...place, text: line.text, event: parseQueuedEvent(line.text) };
  } catch (error) {
    return { ...place, reason: (error as Error).message };
  }
}
