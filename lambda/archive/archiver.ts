import type { EventType } from '../contract.ts';
import type { QueueMessage } from '../event/queue-message.ts';
import { toArchiveLine } from './archive-line.ts';

export interface ArchiverDependencies {
  /** Puts a line, with its line end, into the stream of a type. Rejects when the stream did not accept it. */
  put: (type: EventType, line: Uint8Array) => Promise<void>;
  /** Sends a message to the archive's queue, to be archived later. Rejects when the queue did not accept it. */
  enqueue: (message: QueueMessage) => Promise<void>;
  /** Milliseconds since 1970. */
  now: () => number;
  /** Called when a stream did not accept an event. For a while the queue gets the events of this type. */
  pausing: (type: EventType, error: unknown) => void;
  failed: (message: QueueMessage, error: unknown) => void;
}

/** Archives a message that is also queued. Never rejects, so that no webhook is refused because of the archive. */
export type Archiver = (message: QueueMessage) => Promise<void>;

/** Most bytes that Firehose accepts as one record (1,000 KiB). */
export const maxRecordBytes = 1_024_000;

/** How long a stream is not tried after it failed, in milliseconds: a webhook that waits for it costs time. */
export const pauseMilliseconds = 10_000;

/**
 * Archives through a stream, which is cheap. Some events go to a queue, which costs more: events that are too large for a
 * record, events whose data is in S3 and must be copied, and all events while the stream fails.
 */
export function createArchiver({ put, enqueue, now, pausing, failed }: ArchiverDependencies): Archiver {
  const resumesAt = new Map<EventType, number>();

  /** @returns whether the stream accepted it */
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
