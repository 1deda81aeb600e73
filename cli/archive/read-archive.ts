import type { QueuedEvent } from '../../lambda/contract.ts';
import { parseQueuedEvent } from '../../lambda/event/attributes.ts';
import type { Archive } from './archive-bucket.ts';
import { listEventObjects, type StoredObject } from './event-objects.ts';
import { type Line, readLines } from './lines.ts';
import { openObjects } from './object-bytes.ts';
import { isSelected, type Selection } from './selection.ts';

export interface Place {
  object: string;
  line: number;
}

export interface ArchivedEvent extends Place {
  /** The line. `fromArchiveLine` turns it into the queued message. */
  text: string;
  event: QueuedEvent;
}

/** A line that is not an event, or cannot be read. */
export interface BrokenLine extends Place {
  /** The reason, without any of the line's content. */
  reason: string;
}

export interface Observer {
  /** Called for a line that is not an event. It may or may not belong to the selection. */
  broken: (line: BrokenLine) => void;
  /** Called when an object was read to its end. */
  read?: (object: StoredObject) => void;
}

/**
 * Reads the events of a selection, by hour of arrival. An event that is in the archive twice is returned twice.
 *
 * @param now in milliseconds since the epoch: later hours are not read
 */
export async function* readArchive(
  archive: Archive,
  selection: Selection,
  now: number,
  { broken, read }: Observer,
): AsyncGenerator<ArchivedEvent> {
  for await (const { object, bytes } of openObjects(archive, await listEventObjects(archive, selection, now))) {
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

export function parseLine(object: string, line: Line): ArchivedEvent | BrokenLine {
  const place = { object, line: line.number };
  if ('broken' in line) return { ...place, reason: line.broken };
  try {
    return { ...place, text: line.text, event: parseQueuedEvent(line.text) };
  } catch (error) {
    return { ...place, reason: (error as Error).message };
  }
}
