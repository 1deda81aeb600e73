import { PurgeQueueCommand, ReceiveMessageCommand } from '@aws-sdk/client-sqs';
import { afterAll, beforeAll, beforeEach, expect, test } from '@jest/globals';
import { costOfLook, peek } from '../../../cli/queue/peek.ts';
import { countMessages } from '../../../cli/queue/queues.ts';
import { describe } from '../../../cli/queue/shown-message.ts';
import { type LocalQueue, startQueue } from '../../../sandbox/aws/queue.ts';
import { put } from './put.ts';

let queue: LocalQueue;
beforeAll(async () => {
  queue = await startQueue();
});
afterAll(() => queue.close());
beforeEach(async () => {
  for (const QueueUrl of [queue.queueUrl, queue.deadLetterQueueUrl])
    await queue.client.send(new PurgeQueueCommand({ QueueUrl }));
});

test('a look shows what tells messages apart, and leaves them for consumers at once', async () => {
  const { client, queueUrl } = queue;
  const messageId = await put(client, queueUrl, { id: 'look-1', message: 'a', fields: { status: 'delivered' } });
  await put(client, queueUrl, { id: 'look-2', message: 'b', fields: { content: 'Grüße 👍🏽' } });
  const { messages, notes } = await peek(client, queueUrl, 2);
  expect(notes).toEqual([]);
  expect(messages.map(describe).toSorted((one, other) => one.id.localeCompare(other.id))).toMatchObject([
    { id: 'look-1', type: 'com.messagemedia.delivery_report', detail: 'delivered', tries: 1, messageId },
    { id: 'look-2', detail: '8 characters', tries: 1 },
  ]);
  expect(await countMessages(client, queueUrl)).toEqual({ waiting: 2, inFlight: 0 });
});

test('no more is shown than was asked for, and what was received beyond it is given back too', async () => {
  const { client, queueUrl } = queue;
  for (const id of ['most-1', 'most-2', 'most-3']) await put(client, queueUrl, { id, message: id });
  const { messages } = await peek(client, queueUrl, 1);
  expect(messages.map((message) => describe(message).id)).toEqual(['most-1']);
  expect(await countMessages(client, queueUrl)).toEqual({ waiting: 3, inFlight: 0 });
});

test('messages behind others of their group, or with a consumer, are counted and not shown', async () => {
  const { client, queueUrl } = queue;
  await put(client, queueUrl, { id: 'taken', message: 'other' });
  await client.send(new ReceiveMessageCommand({ QueueUrl: queueUrl, VisibilityTimeout: 60 }));
  for (const id of ['behind-1', 'behind-2', 'behind-3']) await put(client, queueUrl, { id, message: 'one' });
  const { messages, notes } = await peek(client, queueUrl, 50);
  // SQS gives the first ten of a group at once, and fauxqs one.
  expect(messages.map((message) => describe(message).id)).toEqual(['behind-1']);
  expect(notes).toEqual([
    'About 3 more are in the queue. SQS shows only the first events of each message, and none that a consumer has.',
  ]);
});

test('what has had all its tries is told, because the next look moves it to the dead-letter queue', async () => {
  const { client, queueUrl, deadLetterQueueUrl } = queue;
  await put(client, queueUrl, { id: 'spent', message: 'a' });
  for (let tries = 1; tries < 5; tries++) expect((await peek(client, queueUrl, 1)).notes).toEqual([]);
  expect((await peek(client, queueUrl, 1)).notes).toEqual([
    '1 had 5 tries. The next try, even a look, moves them to the dead-letter queue.',
  ]);
  expect((await peek(client, queueUrl, 1)).messages).toEqual([]);
  expect((await countMessages(client, deadLetterQueueUrl)).waiting).toBe(1);
});

test('a look costs a try where messages wait and a dead-letter queue takes them, and nothing elsewhere', async () => {
  const { client, queueUrl, deadLetterQueueUrl } = queue;
  expect(await costOfLook(client, queueUrl)).toBeUndefined();
  for (const url of [queueUrl, deadLetterQueueUrl]) await put(client, url, { id: 'cost', message: 'a' });
  expect(await costOfLook(client, queueUrl)).toContain('A look counts as one of the 5 tries of each message.');
  expect(await costOfLook(client, deadLetterQueueUrl)).toBeUndefined();
});
