import { setTimeout } from 'node:timers/promises';
import type { SQSBatchResponse, SQSEvent, SQSRecord } from 'aws-lambda';
import type { LocalQueue } from '../../sandbox/aws/queue.ts';
import { count, receive, release, remove } from './messages.ts';

/** Invokes a function with a batch. */
export type Invoke = (event: SQSEvent) => Promise<SQSBatchResponse>;

/**
 * Does what Lambda does between a queue and a function that reports batch item failures, until the queue is empty. Batches
 * have up to ten messages. Messages that succeeded are deleted, and those that failed come again.
 *
 * @param invokers one for each batch that may be handled at the same time
 */
export async function drain(queue: LocalQueue, ...invokers: readonly Invoke[]): Promise<void> {
  const work = async (invoke: Invoke) => {
    for (;;) {
      const records = await receive(queue.client, queue.queueUrl);
      if (records.length > 0) await settle(queue, records, await answerOf(invoke, records));
      else if ((await count(queue.client, queue.queueUrl)) === 0) return;
      else await setTimeout(10);
    }
  };
  await Promise.all(invokers.map(work));
}

/** If the function fails, all its messages come again. */
async function answerOf(invoke: Invoke, records: SQSRecord[]): Promise<SQSBatchResponse> {
  try {
    return await invoke({ Records: records });
  } catch {
    return { batchItemFailures: records.map(({ messageId }) => ({ itemIdentifier: messageId })) };
  }
}

async function settle({ client, queueUrl }: LocalQueue, records: SQSRecord[], answer: SQSBatchResponse): Promise<void> {
  const ids = answer.batchItemFailures.map(({ itemIdentifier }) => itemIdentifier);
  const failed = records.filter(({ messageId }) => ids.includes(messageId));
  // An id that is not in the batch makes Lambda treat the whole batch as failed.
  if (failed.length < ids.length) throw new Error('The function reports a failure of what it was not given');
  await remove(
    client,
    queueUrl,
    records.filter((record) => !failed.includes(record)),
  );
  // The first of a group must be the first again.
  for (const record of failed.reverse()) await release(client, queueUrl, record);
}
