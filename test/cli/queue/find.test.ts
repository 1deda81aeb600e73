import { PurgeQueueCommand } from '@aws-sdk/client-sqs';
import { afterAll, beforeAll, beforeEach, expect, test } from '@jest/globals';
import { findMessage } from '../../../cli/queue/find.ts';
import { countMessages } from '../../../cli/queue/queues.ts';
import { describe } from '../../../cli/queue/shown-message.ts';
import { type LocalQueue, startQueue } from '../../../sandbox/aws/queue.ts';
import { put } from './put.ts';

let queue: LocalQueue;
let messageIds: string[];
beforeAll(async () => {
  queue = await startQueue();
});
afterAll(() => queue.close());
let round = 0;
beforeEach(async () => {
  const { client, queueUrl } = queue;
  await client.send(new PurgeQueueCommand({ QueueUrl: queueUrl }));
  round++;
  messageIds = [];
  for (const id of ['a', 'b', 'c'])
    messageIds.push(await put(client, queueUrl, { id: `${id}-${round}`, message: `${id}-${round}` }));
});

test.each([
  ['its event', () => `b-${round}`],
  ['SQS', () => messageIds[1] ?? ''],
])('a message is found by the id of %s, and kept from others; all else is visible again', async (_, id) => {
  const found = await findMessage(queue.client, queue.queueUrl, id());
  expect(describe(found)).toMatchObject({ id: `b-${round}`, messageId: messageIds[1] });
  expect(await countMessages(queue.client, queue.queueUrl)).toEqual({ waiting: 2, inFlight: 1 });
});

test('an id that no message has is told with the number of those that were looked at, and all stay', async () => {
  await expect(findMessage(queue.client, queue.queueUrl, 'd')).rejects.toThrow(
    `None of the 3 messages that ${queue.queueUrl} shows has the id d: it is gone, a consumer has it`,
  );
  expect(await countMessages(queue.client, queue.queueUrl)).toEqual({ waiting: 3, inFlight: 0 });
});
