import type { QueuedEvent } from '../../lambda/contract.ts';
import { parseQueuedEvent } from '../../lambda/event/attributes.ts';
import type { Archive } from './archive-bucket.ts';
import { readLines } from './lines.ts';
import { asResult, listEventObjects, type ObjectError, readObject, type StoredObject } from './objects.ts';
import { isSelected, type Selection } from './selection.ts';

/** What a command reads. */
export interface Range {
  archive: Archive;
  selection: Selection;
  /** By hour of arrival. */
  objects: readonly StoredObject[];
  /** Called for each line. @param bytes of the objects that were read @param events that were read */
  onRead?: (bytes: number, events: number) => void;
}

interface Place {
  object: string;
  line: number;
}

export interface ArchivedEvent extends Place {
  /** The line. `fromArchiveLine` turns it into the queued message. */
  text: string;
  event: QueuedEvent;
}

/** A line that is not an event, cannot be read, or is not what it should be. */
export interface BadLine extends Place {
  /** Absent if the line is not an event. */
  id?: string;
  /** Contains none of the line's data. */
  reason: string;
}

export async function openRange(archive: Archive, selection: Selection): Promise<Range> {
  return { archive, selection, objects: await listEventObjects(archive, selection) };
}

/**
 * Reads the events of a range. An event that is in the archive twice is returned twice. A bad line may or may not be of the
 * selection.
 */
export async function* readRange(range: Range): AsyncGenerator<ArchivedEvent | BadLine> {
  let bytes = 0;
  let events = 0;
  for await (const [{ key, size }, content] of openObjects(range)) {
    for await (const found of eventsIn(key, content)) {
      if ('reason' in found) yield found;
      else if (isSelected(found.event, range.selection)) {
        events++;
        yield found;
      }
      range.onRead?.(bytes, events);
    }
    bytes += size;
  }
}

/** Objects up to this size are fetched ahead, because they take less time than the request to S3. */
const small = 1_048_576;
const ahead = 8;

async function* openObjects({ archive, objects }: Range) {
  const fetched = new Map<StoredObject, Promise<Uint8Array | ObjectError>>();
  for (const [index, object] of objects.entries()) {
    for (const next of objects.slice(index, index + ahead)) {
      if (fetched.has(next) || (next.size > small && next !== object)) continue;
      const bytes = readObject(archive, next.key).catch(asResult);
      // If reading stops early, nothing awaits this promise. Its error must then be handled here.
      bytes.catch(() => {});
      fetched.set(next, bytes);
    }
    yield [object, (await fetched.get(object)) as Uint8Array | ObjectError] as const;
    fetched.delete(object);
  }
}

/** @param object its key, with which its lines are named @param bytes as they are stored, or why they cannot be read */
export async function* eventsIn(
  object: string,
  bytes: Uint8Array | ObjectError,
): AsyncGenerator<ArchivedEvent | BadLine> {
  if (bytes instanceof Error) {
    yield { object, line: 1, reason: `the object cannot be read: ${bytes.message}` };
    return;
  }
  for await (const line of readLines(bytes)) {
    const place = { object, line: line.number };
    if ('broken' in line) yield { ...place, reason: line.broken };
    else yield parseLine(place, line.text);
  }
}

function parseLine(place: Place, text: string): ArchivedEvent | BadLine {
  try {
    return { ...place, text, event: parseQueuedEvent(text) };
  } catch (error) {
    return { ...place, reason: (error as Error).message };
  }
}
