import type { PublishBatchRequestEntry, PublishBatchResponse } from '@aws-sdk/client-sns';
import type { SQSRecord } from 'aws-lambda';

/** Most bytes in one message, and in all messages of one batch together: the most that a topic can take, and what SQS takes. */
export const maxPublishBytes = 1_048_576;

/** Most messages that SNS accepts in one batch. */
const maxEntries = 10;

/** What forwarding needs from outside. */
export interface ForwardDependencies {
  /** Publishes a batch. The topic may accept only some of its messages. */
  publish: (entries: PublishBatchRequestEntry[]) => Promise<PublishBatchResponse>;
  /** Called for each message that stays on the queue. A message that waits for an earlier one of its group has no error. */
  failed: (messageId: string, error?: unknown) => void;
}

/**
 * Publishes messages as they are, with their group and deduplication ids. If the topic does not accept a message, the later
 * messages of its group wait, and no others.
 *
 * @param records of a FIFO queue, in their order
 * @returns ids of the messages that stay on the queue
 */
export async function forward(
  records: readonly SQSRecord[],
  { publish, failed }: ForwardDependencies,
): Promise<string[]> {
  const left: string[] = [];
  const blocked = new Set<string>();
  const leave = (record: SQSRecord, error?: unknown) => {
    blocked.add(groupOf(record));
    left.push(record.messageId);
    failed(record.messageId, error);
  };

  const publishBatch = async (batch: readonly Entry[]): Promise<void> => {
    try {
      const { Successful = [], Failed = [] } = await publish(batch.map(({ request }) => request));
      const taken = new Set(Successful.map(({ Id }) => Id));
      for (const { record } of batch) {
        const { messageId } = record;
        if (!taken.has(messageId))
          leave(record, Failed.find(({ Id }) => Id === messageId) ?? 'SNS did not answer for it');
      }
    } catch (error) {
      // One message that SNS does not want must not keep back the others of its batch.
      if (batch.length > 1 && isRefusal(error)) for (const entry of batch) await publishBatch([entry]);
      else for (const { record } of batch) leave(record, error);
    }
  };

  for (const round of roundsOf(records)) {
    const entries: Entry[] = [];
    for (const record of round) {
      if (blocked.has(groupOf(record))) leave(record);
      else entries.push(toEntry(record));
    }
    for (const batch of batchesOf(entries)) await publishBatch(batch);
  }
  return left;
}

interface Entry {
  record: SQSRecord;
  request: PublishBatchRequestEntry;
  bytes: number;
}

const groupOf = ({ attributes }: SQSRecord): string => attributes.MessageGroupId ?? '';

/** The first messages of all groups, then the second ones …: no batch has two of a group, as SNS may accept only some. */
function roundsOf(records: readonly SQSRecord[]): SQSRecord[][] {
  const groups = [...Map.groupBy(records, groupOf).values()];
  const length = Math.max(0, ...groups.map((group) => group.length));
  return Array.from({ length }, (_, index) => groups.flatMap((group) => group[index] ?? []));
}

/** Whether SNS refused what was sent, rather than failed or was too busy. */
function isRefusal(error: unknown): boolean {
  return error instanceof Error && /^(InvalidParameter|BatchRequestTooLong)/.test(error.name);
}

function toEntry(record: SQSRecord): Entry {
  const { messageId, attributes, body } = record;
  const request = {
    Id: messageId,
    Message: body,
    MessageGroupId: attributes.MessageGroupId,
    MessageDeduplicationId: attributes.MessageDeduplicationId,
  };
  return { record, request, bytes: Buffer.byteLength(body) };
}

/** Makes as few batches as SNS allows, without changing the order. */
function batchesOf(entries: readonly Entry[]): Entry[][] {
  const batches: Entry[][] = [];
  let bytes = 0;
  for (const entry of entries) {
    const last = batches.at(-1);
    if (last === undefined || last.length === maxEntries || bytes + entry.bytes > maxPublishBytes) {
      batches.push([entry]);
      bytes = entry.bytes;
    } else {
      last.push(entry);
      bytes += entry.bytes;
    }
  }
  return batches;
}
