import type { QueuedEvent } from '../../lambda/contract.ts';
import { parseQueuedEvent } from '../../lambda/event/attributes.ts';
import type { Archive } from './archive-bucket.ts';
import { listEventObjects, type StoredObject } from './event-objects.ts';
import { type Line, readLines } from './lines.ts';
import { type OpenObject, openObjects } from './object-bytes.ts';
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
  observer: Observer,
): AsyncGenerator<ArchivedEvent> {
  yield* readObjects(archive, await listEventObjects(archive, selection, now), selection, observer);
}

/** Reads the events of a selection that are in these objects. */
export async function* readObjects(
  archive: Archive,
  objects: readonly StoredObject[],
  selection: Selection,
  { broken, read }: Observer,
): AsyncGenerator<ArchivedEvent> {
  for await (const { object, bytes } of openObjects(archive, objects)) {
    for await (const found of eventsIn(object.key, bytes)) {
      if ('reason' in found) broken(found);
      else if (isSelected(found.event, selection)) yield found;
    }
    read?.(object);
  }
}

/** @param object its key, with which its lines are named @param bytes as they are stored, or why they cannot be read */
export async function* eventsIn(
  object: string,
  bytes: OpenObject['bytes'],
): AsyncGenerator<ArchivedEvent | BrokenLine> {
  if (bytes instanceof Error) {
    yield { object, line: 1, reason: `the object cannot be read: ${bytes.message}` };
    return;
  }
  for await (const lines of readLines(bytes)) for (const line of lines) yield parseLine(object, line);
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
