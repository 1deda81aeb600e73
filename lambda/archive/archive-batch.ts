import { gzipSync } from 'node:zlib';
import { archiveFileExtension, eventPartition } from '../archive-contract.ts';
import { parseQueuedEvent } from '../event/attributes.ts';
import { toArchiveLine } from './archive-line.ts';

/** A message of the queue, as Lambda passes it to the function. */
export interface QueuedRecord {
  messageId: string;
  body: string;
  /** When it was put on the queue, in milliseconds since 1970. */
  attributes: { SentTimestamp: string };
}

export interface BatchDependencies {
  put: (key: string, body: Uint8Array) => Promise<void>;
  /** Copies the data of a large event into the archive. Rejects when it is not where receivers store data. */
  copyData: (dataref: string) => Promise<void>;
  createId: () => string;
  failed: (messageId: string, error: unknown) => void;
}

const maxCopies = 20;

interface Entry {
  messageId: string;
  /** Where the data of a large event is. */
  dataref: string | undefined;
  line: string;
  /** Prefix of its object's key. */
  partition: string;
}

/**
 * Archives messages: one object for each type of event and hour. A message that cannot be archived does not stop the
 * others, and is not lost, because it stays on the queue.
 *
 * @returns ids of the messages that are not archived
 */
export async function archiveBatch(
  records: readonly QueuedRecord[],
  { put, copyData, createId, failed }: BatchDependencies,
): Promise<string[]> {
  const left = new Set<string>();
  const fail = (error: unknown, ...ids: string[]) => {
    for (const id of ids) {
      left.add(id);
      failed(id, error);
    }
  };
  const entries = records.flatMap((record) => {
    try {
      return [toEntry(record)];
    } catch (error) {
      fail(error, record.messageId);
      return [];
    }
  });
  // Data first: an event in the archive always has its data there.
  const large = entries.flatMap(({ dataref, messageId }) => (dataref === undefined ? [] : [{ dataref, messageId }]));
  while (large.length > 0) {
    const copies = large.splice(0, maxCopies).map(async ({ dataref, messageId }) => {
      await copyData(dataref).catch((error) => fail(error, messageId));
    });
    await Promise.all(copies);
  }
  const ready = entries.filter(({ messageId }) => !left.has(messageId));
  const objects = Map.groupBy(ready, ({ partition }) => partition);
  const puts = [...objects].map(async ([partition, group]) => {
    const body = gzipSync(group.map(({ line }) => `${line}\n`).join(''));
    const key = `${partition}queue-${createId()}${archiveFileExtension}`;
    await put(key, body).catch((error) => fail(error, ...group.map(({ messageId }) => messageId)));
  });
  await Promise.all(puts);
  return [...left];
}

/** @throws {QueuedEventError} for a message that is not an event */
function toEntry({ messageId, body, attributes }: QueuedRecord): Entry {
  const event = parseQueuedEvent(body);
  const partition = eventPartition(event.type, new Date(Number(attributes.SentTimestamp)));
  return { messageId, dataref: event.dataref, line: toArchiveLine(body), partition };
}
