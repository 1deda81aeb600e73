import {
  CreateQueueCommand,
  PurgeQueueCommand,
  ReceiveMessageCommand,
  SendMessageCommand,
  SQSClient,
} from '@aws-sdk/client-sqs';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { countMessages, type Queues, receive, remove } from '../../../cli/queue/queues.ts';
import { expectDeadLetter, redrive, redriveOne } from '../../../cli/queue/redrive.ts';
import { describe as describeMessage } from '../../../cli/queue/shown-message.ts';
import { storeIn } from '../../../lambda/event/overflow-store.ts';
import { MessageRefusedError } from '../../../lambda/event/queue-refusals.ts';
import { queueSettings } from '../../../lambda/event/queue-sender.ts';
import { openQueuedEvent } from '../../../lambda/event/queued-event.ts';
import { fetchFromS3 } from '../../../lambda/event/s3-data.ts';
import { localCredentials } from '../../../sandbox/aws/credentials.ts';
import { type LocalQueue, startQueue } from '../../../sandbox/aws/queue.ts';
import { listen, readBody } from '../../../sandbox/http.ts';
import { put } from './put.ts';

const clientSettings = { region: 'us-east-1', credentials: localCredentials, ...queueSettings };

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

/** Messages that a consumer gets now. */
async function take(QueueUrl: string) {
  const command = new ReceiveMessageCommand({ QueueUrl, MaxNumberOfMessages: 10 });
  const { Messages = [] } = await queue.client.send(command);
  return Messages.map((message) => describeMessage(message).id);
}

test('all dead letters go back in order, also within five minutes of their first time on the queue', async () => {
  const ids = ['all-1', 'all-2', 'all-3'];
  for (const id of ids) await put(queue.client, queue.queueUrl, { id, message: 'a' });
  await queue.client.send(new PurgeQueueCommand({ QueueUrl: queue.queueUrl }));
  for (const id of ids) await put(queue.client, queue.deadLetterQueueUrl, { id, message: 'a' });
  const told: number[] = [];
  expect(await redrive(queues, (done) => told.push(done), refuses)).toEqual({ redriven: 3, refused: 0, left: 0 });
  expect(told.at(-1)).toBe(3);
  for (const id of ids) {
    const [message = {}] = await receive(queue.client, queue.queueUrl, 1);
    expect(describeMessage(message).id).toBe(id);
    await remove(queue.client, queue.queueUrl, message);
  }
});

test('what somebody else holds is left, and counted', async () => {
  await put(queue.client, queue.deadLetterQueueUrl, { id: 'held', message: 'a' });
  expect(await take(queue.deadLetterQueueUrl)).toEqual(['held']);
  await put(queue.client, queue.deadLetterQueueUrl, { id: 'free', message: 'b' });
  expect(await redrive(queues, () => {}, refuses)).toEqual({ redriven: 1, refused: 0, left: 1 });
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
    const [{ Body = '' } = {}] = await receive(queue.client, small.queueUrl, 1);
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

  test('does not hide that the bucket fails', async () => {
    await put(queue.client, queue.deadLetterQueueUrl, { id: 'fails', message: 'a', fields: { content: large } });
    const store = () => Promise.reject(new Error('S3 is down'));
    await expect(run({ ...small, store })).rejects.toThrow('S3 is down');
  });
});

test('a dead letter stays if whoever answers in place of SQS has not taken it', async () => {
  await put(queue.client, queue.deadLetterQueueUrl, { id: 'kept', message: 'a' });
  const proxy = await listen(0, async (request, response) => {
    await readBody(request);
    response.writeHead(200, { 'content-type': 'application/x-amz-json-1.0' }).end('{}');
  });
  const behindProxy = new SQSClient({ ...clientSettings, endpoint: proxy.url });
  const isSend = (command: object) => command instanceof SendMessageCommand;
  const send = (command: SendMessageCommand) => (isSend(command) ? behindProxy : queue.client).send(command);
  const client = Object.assign(Object.create(queue.client), { send }) as typeof queue.client;
  await expect(redrive({ ...queues, client }, () => {}, refuses)).rejects.toThrow('SQS answered without a MessageId');
  const { waiting, inFlight } = await countMessages(queue.client, queue.deadLetterQueueUrl);
  expect(waiting + inFlight).toBe(1);
  behindProxy.destroy();
  await proxy.close();
});
