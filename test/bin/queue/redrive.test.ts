import { PurgeQueueCommand, ReceiveMessageCommand } from '@aws-sdk/client-sqs';
import { afterAll, beforeAll, beforeEach, expect, test } from '@jest/globals';
import { countMessages, type Queues, receive, remove } from '../../../bin/queue/queues.ts';
import { expectDeadLetter, redrive, redriveOne } from '../../../bin/queue/redrive.ts';
import { describe } from '../../../bin/queue/shown-message.ts';
import { type LocalQueue, startQueue } from '../../../sandbox/aws/queue.ts';
import { put } from './put.ts';

let queue: LocalQueue;
let queues: Queues;
beforeAll(async () => {
  queue = await startQueue();
  const { client, queueUrl, deadLetterQueueUrl } = queue;
  queues = { client, queueUrl, deadLetterQueueUrl: () => deadLetterQueueUrl };
});
afterAll(() => queue.close());
beforeEach(async () => {
  for (const QueueUrl of [queue.queueUrl, queue.deadLetterQueueUrl])
    await queue.client.send(new PurgeQueueCommand({ QueueUrl }));
});

/** Messages that a consumer gets now. */
async function take(QueueUrl: string) {
  const command = new ReceiveMessageCommand({ QueueUrl, MaxNumberOfMessages: 10 });
  const { Messages = [] } = await queue.client.send(command);
  return Messages.map((message) => describe(message).id);
}

test('all dead letters go back in order, also within five minutes of their first time on the queue', async () => {
  const ids = ['all-1', 'all-2', 'all-3'];
  for (const id of ids) await put(queue.client, queue.queueUrl, { id, message: 'a' });
  await queue.client.send(new PurgeQueueCommand({ QueueUrl: queue.queueUrl }));
  for (const id of ids) await put(queue.client, queue.deadLetterQueueUrl, { id, message: 'a' });
  const told: number[] = [];
  expect(await redrive(queues, (done) => told.push(done))).toEqual({ redriven: 3, left: 0 });
  expect(told.at(-1)).toBe(3);
  for (const id of ids) {
    const [message = {}] = await receive(queue.client, queue.queueUrl, 1);
    expect(describe(message).id).toBe(id);
    await remove(queue.client, queue.queueUrl, message);
  }
});

test('what somebody else holds is left, and counted', async () => {
  await put(queue.client, queue.deadLetterQueueUrl, { id: 'held', message: 'a' });
  expect(await take(queue.deadLetterQueueUrl)).toEqual(['held']);
  await put(queue.client, queue.deadLetterQueueUrl, { id: 'free', message: 'b' });
  expect(await redrive(queues, () => {})).toEqual({ redriven: 1, left: 1 });
  expect(await take(queue.queueUrl)).toEqual(['free']);
});

test('one dead letter goes back by the id of its event or of SQS, and the others stay', async () => {
  await put(queue.client, queue.deadLetterQueueUrl, { id: 'one', message: 'a' });
  const messageId = await put(queue.client, queue.deadLetterQueueUrl, { id: 'two', message: 'b' });
  await put(queue.client, queue.deadLetterQueueUrl, { id: 'three', message: 'c' });
  await redriveOne(queues, 'one');
  await redriveOne(queues, messageId);
  expect((await take(queue.queueUrl)).toSorted()).toEqual(['one', 'two']);
  expect(await countMessages(queue.client, queue.deadLetterQueueUrl)).toEqual({ waiting: 1, inFlight: 0 });
});

test('a dry run of one finds it and leaves it where it is', async () => {
  await put(queue.client, queue.deadLetterQueueUrl, { id: 'dry', message: 'a' });
  await expectDeadLetter(queues, 'dry');
  expect(await countMessages(queue.client, queue.queueUrl)).toEqual({ waiting: 0, inFlight: 0 });
  expect(await countMessages(queue.client, queue.deadLetterQueueUrl)).toEqual({ waiting: 1, inFlight: 0 });
});

test.each([['redriven', redriveOne] as const, ['looked for', expectDeadLetter] as const])(
  'a dead letter that is not there cannot be %s',
  async (_, act) => {
    await expect(act(queues, 'none')).rejects.toThrow('None of the 0 messages');
  },
);
