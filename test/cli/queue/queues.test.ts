import {
  CreateQueueCommand,
  PurgeQueueCommand,
  ReceiveMessageCommand,
  SendMessageCommand,
  SQSClient,
} from '@aws-sdk/client-sqs';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { findMessage, peek } from '../../../cli/queue/look.ts';
import { countMessages, type Queues, receive, remove } from '../../../cli/queue/queues.ts';
import { redrive, redriveOne } from '../../../cli/queue/redrive.ts';
import { describe as describeMessage } from '../../../cli/queue/shown-message.ts';
import { storeIn } from '../../../lambda/event/overflow-store.ts';
import { MessageRefusedError } from '../../../lambda/event/queue-refusals.ts';
import { openQueuedEvent } from '../../../lambda/event/queued-event.ts';
import { fetchFromS3 } from '../../../lambda/event/s3-data.ts';
import { localCredentials } from '../../../sandbox/aws/credentials.ts';
import { type LocalQueue, startQueue } from '../../../sandbox/aws/queue.ts';
import { record } from '../terminal.ts';
import { idOf, put, takeAll } from './put.ts';

let queue: LocalQueue;
let queues: Queues;
beforeAll(async () => {
  queue = await startQueue();
  const { client, queueUrl, deadLetterQueueUrl } = queue;
  const store = () => Promise.reject(new Error('nothing is too large'));
  queues = { client, queueUrl, deadLetterQueueUrl: () => deadLetterQueueUrl, store };
});
afterAll(() => queue.close());
beforeEach(async () => {
  for (const QueueUrl of [queue.queueUrl, queue.deadLetterQueueUrl])
    await queue.client.send(new PurgeQueueCommand({ QueueUrl }));
});

const refuses = () => {
  throw new Error('nothing is refused');
};

const local = { region: 'us-east-1', credentials: localCredentials };
const connect = (endpoint: string) =>
  new SQSClient({ endpoint, ...local, useQueueUrlAsEndpoint: false, maxAttempts: 1 });

const take = async (QueueUrl: string) => (await takeAll(queue.client, QueueUrl)).map(idOf);

test('an id that no message has is told with the number of those that were looked at, and all stay', async () => {
  const { client, queueUrl } = queue;
  for (const id of ['none-1', 'none-2']) await put(client, queueUrl, { id, message: id });
  await expect(findMessage(client, queueUrl, 'd')).rejects.toThrow(
    `None of the 2 messages that ${queueUrl} showed has the id d: it is gone, a consumer has it`,
  );
  expect(await countMessages(client, queueUrl)).toEqual({ waiting: 2, inFlight: 0 });
});

test.each<[string, Parameters<typeof findMessage>[3], string]>([
  ['after so many', { most: 2 }, 'None of the 2 messages that URL showed has the id d. About 1 more was not looked at'],
  ['after a time', { longest: 0 }, 'URL showed no message, so none with the id d. About 3 more were not looked'],
])('a search that ends %s gives back what it held, and says how many it did not see', async (why, bounds, words) => {
  const { client, queueUrl } = queue;
  for (const id of ['a', 'b', 'c']) await put(client, queueUrl, { id: `${why} ${id}`, message: `${why} ${id}` });
  await expect(findMessage(client, queueUrl, 'd', bounds)).rejects.toThrow(words.replace('URL', queueUrl));
  expect(await countMessages(client, queueUrl)).toEqual({ waiting: 3, inFlight: 0 });
});

test('a search that fails gives back what it held', async () => {
  const { client, queueUrl, url } = queue;
  const ids = Array.from({ length: 11 }, (_, index) => `fails-${index}`);
  for (const id of ids) await put(client, queueUrl, { id, message: id });
  const calls: string[] = [];
  const broken = await record(url, calls);
  broken.intercept((call) => (call === 'ReceiveMessage' && calls.length > 1 ? 'drop' : undefined));
  const own = connect(broken.url);
  await expect(findMessage(own, queueUrl, 'd')).rejects.toThrow(/socket hang up|ECONNRESET/);
  expect(await countMessages(client, queueUrl)).toEqual({ waiting: 11, inFlight: 0 });
  await broken.close();
});

test('no more is received than was asked for, so no other message loses a try', async () => {
  const { client, queueUrl } = queue;
  for (const id of ['most-1', 'most-2', 'most-3']) await put(client, queueUrl, { id, message: id });
  expect((await peek(client, queueUrl, 1)).messages).toHaveLength(1);
  const tries = (await peek(client, queueUrl, 3)).messages.map((message) => describeMessage(message).tries);
  expect(tries.toSorted()).toEqual([1, 1, 2]);
});

test('messages behind others of their group, or with a consumer, are counted and not shown', async () => {
  const { client, queueUrl } = queue;
  await put(client, queueUrl, { id: 'taken', message: 'other' });
  await client.send(new ReceiveMessageCommand({ QueueUrl: queueUrl, VisibilityTimeout: 60 }));
  for (const id of ['behind-1', 'behind-2', 'behind-3']) await put(client, queueUrl, { id, message: 'one' });
  const { messages, note } = await peek(client, queueUrl, 50);
  // SQS gives the first ten of a group at once, and fauxqs one.
  expect(messages.map((message) => describeMessage(message).id)).toEqual(['behind-1']);
  expect(note).toBe(
    'About 3 more are in the queue. SQS shows only the first events of each message, and none that a consumer has.',
  );
});

test('all dead letters go back in order, also within five minutes of their first time on the queue', async () => {
  const ids = ['all-1', 'all-2', 'all-3'];
  for (const id of ids) await put(queue.client, queue.queueUrl, { id, message: 'a' });
  await queue.client.send(new PurgeQueueCommand({ QueueUrl: queue.queueUrl }));
  for (const id of ids) await put(queue.client, queue.deadLetterQueueUrl, { id, message: 'a' });
  const told: number[] = [];
  expect(await redrive(queues, (done) => told.push(done), refuses)).toEqual({ redriven: 3, refused: 0, left: 0 });
  expect(told.at(-1)).toBe(3);
  for (const id of ids) {
    const [message = {}] = await receive(queue.client, queue.queueUrl);
    expect(describeMessage(message).id).toBe(id);
    await remove(queue.client, queue.queueUrl, message);
  }
});

test('a redrive that cannot send gives back all that it held', async () => {
  for (const id of ['back-1', 'back-2']) await put(queue.client, queue.deadLetterQueueUrl, { id, message: id });
  const gone = { ...queues, queueUrl: queue.queueUrl.replace('.fifo', '-gone.fifo') };
  await expect(redrive(gone, () => {}, refuses)).rejects.toThrow('does not exist');
  await expect(redriveOne(gone, 'back-1')).rejects.toThrow('does not exist');
  expect(await countMessages(queue.client, queue.deadLetterQueueUrl)).toEqual({ waiting: 2, inFlight: 0 });
});

test('a redrive that is stopped finishes what it sends, and gives back the rest', async () => {
  for (const id of ['stop-1', 'stop-2', 'stop-3'])
    await put(queue.client, queue.deadLetterQueueUrl, { id, message: id });
  const { client, deadLetterQueueUrl } = queue;
  const stopping = new AbortController();
  const sends = await record(queue.url, []);
  sends.intercept((call) => void (call === 'SendMessage' && stopping.abort(new Error('stopped'))));
  const own = { ...queues, client: connect(sends.url) };
  await expect(redrive(own, () => {}, refuses, stopping.signal)).rejects.toThrow('stopped');
  expect(await countMessages(client, deadLetterQueueUrl)).toEqual({ waiting: 2, inFlight: 0 });
  expect(await take(queue.queueUrl)).toHaveLength(1);
  await sends.close();
});

describe('a queue that takes a quarter of what SQS takes', () => {
  const large = 'x'.repeat(300_000);
  let small: Queues;
  let refused: [string | undefined, string][];
  beforeAll(async () => {
    const Attributes = { FifoQueue: 'true', MaximumMessageSize: '262144' };
    const command = new CreateQueueCommand({ QueueName: 'small.fifo', Attributes });
    const { QueueUrl: queueUrl = '' } = await queue.client.send(command);
    small = { ...queues, queueUrl, store: storeIn(queue.overflowBucket, queue.storage, 10_000) };
  });
  beforeEach(async () => {
    refused = [];
    await queue.client.send(new PurgeQueueCommand({ QueueUrl: small.queueUrl }));
  });
  const run = (target: Queues) =>
    redrive(
      target,
      () => {},
      (message, error) => refused.push([describeMessage(message).id, String(error)]),
    );

  test('gets a larger dead letter without its data, which is in the bucket', async () => {
    await put(queue.client, queue.deadLetterQueueUrl, { id: 'large', message: 'a', fields: { content: large } });
    expect(await run(small)).toEqual({ redriven: 1, refused: 0, left: 0 });
    const [{ Body = '' } = {}] = await receive(queue.client, small.queueUrl);
    const { event } = await openQueuedEvent(Body, fetchFromS3(queue.storage, queue.overflowBucket));
    expect(event).toMatchObject({ id: 'large', payload: { content: large } });
  });

  test('does not take what cannot be moved, which stays and stops no other', async () => {
    const ids = { MessageGroupId: 'b', MessageDeduplicationId: 'text' };
    const command = { QueueUrl: queue.deadLetterQueueUrl, MessageBody: large, ...ids };
    await queue.client.send(new SendMessageCommand(command));
    await put(queue.client, queue.deadLetterQueueUrl, { id: 'not moved', message: 'a', fields: { content: large } });
    await put(queue.client, queue.deadLetterQueueUrl, { id: 'small', message: 'c' });
    const store = () => Promise.reject(new MessageRefusedError('no bucket'));
    expect(await run({ ...small, store })).toEqual({ redriven: 1, refused: 2, left: 2 });
    expect(refused.toSorted()).toEqual([
      [
        '',
        expect.stringContaining('The message has 300000 bytes, which is more than the queue takes, and is no event'),
      ],
      ['not moved', 'MessageRefusedError: no bucket'],
    ]);
    expect(await take(small.queueUrl)).toEqual(['small']);
    // They can be seen again at once.
    expect(await countMessages(queue.client, queue.deadLetterQueueUrl)).toEqual({ waiting: 2, inFlight: 0 });
  });
});
