import type { EventType } from '../contract.ts';
import type { QueueMessage } from '../event/queue-message.ts';
import { toArchiveLine } from './archive-line.ts';

/** What archiving needs from outside. */
export interface ArchiverDependencies {
  /** Puts a line, with its end, into the stream of a type. Rejects when the stream did not take it. */
  put: (type: EventType, line: Uint8Array) => Promise<void>;
  /** Puts a message on the archive's queue, from where it is archived later. Rejects when the queue did not take it. */
  enqueue: (message: QueueMessage) => Promise<void>;
  /** Milliseconds since 1970. */
  now: () => number;
  /** Told when a stream did not take an event, and that the queue gets its events for a while. */
  pausing: (type: EventType, error: unknown) => void;
  /** Told of an event that is not in the archive. */
  failed: (message: QueueMessage, error: unknown) => void;
}

/** Archives a message that is queued as well. Never rejects: a webhook is not refused because of the archive. */
export type Archiver = (message: QueueMessage) => Promise<void>;

/** Most bytes that Firehose takes as one record (1,000 KiB). */
export const maxRecordBytes = 1_024_000;

/** How long a stream that failed is left alone, in milliseconds: what waits for it costs as long as what it does. */
export const pauseMilliseconds = 10_000;

/**
 * Archives through a stream, which is cheap. What a stream does not take goes to a queue, which costs more: events that
 * are too large for a record, those whose data is elsewhere, as it has to be copied, and all while the stream fails.
 */
export function createArchiver({ put, enqueue, now, pausing, failed }: ArchiverDependencies): Archiver {
  const resumesAt = new Map<EventType, number>();

  /** @returns whether the stream has it */
  async function stream({ type, body, dataref }: QueueMessage): Promise<boolean> {
    if (dataref !== undefined || now() < (resumesAt.get(type) ?? 0)) return false;
    const line = Buffer.from(`${toArchiveLine(body)}\n`);
    if (line.length > maxRecordBytes) return false;
    try {
      await put(type, line);
      return true;
    } catch (error) {
      resumesAt.set(type, now() + pauseMilliseconds);
      pausing(type, error);
      return false;
    }
  }

  return async (message) => {
    try {
      if (!(await stream(message))) await enqueue(message);
    } catch (error) {
      failed(message, error);
    }
  };
}
