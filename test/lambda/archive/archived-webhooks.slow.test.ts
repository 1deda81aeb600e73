import { randomUUID } from 'node:crypto';
import { CreateQueueCommand, DeleteMessageCommand, ReceiveMessageCommand, SQSClient } from '@aws-sdk/client-sqs';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { fromArchiveLine } from '../../../lambda/archive/archive-line.ts';
import { connectArchiver } from '../../../lambda/archive/connect-archiver.ts';
import { eventTypes } from '../../../lambda/contract.ts';
import type { Log } from '../../../lambda/log.ts';
import { localCredentials } from '../../../sandbox/aws/credentials.ts';
import { type LocalFunction, startFunction } from '../../../sandbox/aws/function.ts';
import { type LocalQueue, startQueue } from '../../../sandbox/aws/queue.ts';
import { type LocalSecrets, startSecrets } from '../../../sandbox/aws/secrets.ts';
import { listen } from '../../../sandbox/http.ts';
import { toWire, type Webhook } from '../../../signing/sender.ts';
import { type FirehoseOutage, type LocalFirehose, startFirehose, streamNames } from '../../firehose.ts';
import { webhooksOfEveryForm } from '../../received.ts';
import { httpApiEvent, keyringOf, makeKey, receiverEnvironment } from '../../support.ts';

const key = makeKey();
const webhooks = webhooksOfEveryForm('/messagemedia');
const webhook: Webhook = { method: 'POST', target: '/messagemedia', contentType: 'application/json', body: '{"a":1}' };
const large: Webhook = { ...webhook, body: JSON.stringify({ reply_id: randomUUID(), content: 'x'.repeat(1_048_576) }) };
const notQuite: Webhook = { ...webhook, body: JSON.stringify({ content: 'x'.repeat(1_024_000) }) };

let queue: LocalQueue;
let secrets: LocalSecrets;
let firehose: LocalFirehose;
let archiveQueueUrl: string;
const running: LocalFunction[] = [];

beforeAll(async () => {
  [queue, secrets, firehose] = await Promise.all([startQueue(), startSecrets(), startFirehose()]);
  secrets.put('keyring', keyringOf(key));
  const { QueueUrl } = await queue.client.send(new CreateQueueCommand({ QueueName: 'archive' }));
  archiveQueueUrl = QueueUrl ?? '';
});
afterAll(async () => {
  await Promise.all(running.map((receiver) => receiver.close()));
  await Promise.all([queue.close(), secrets.close(), firehose.close()]);
});
beforeEach(() => {
  firehose.setOutage();
  firehose.records.clear();
});

/** The real handler, with an archive unless `environment` says otherwise. */
function start(environment: Record<string, string> = {}): LocalFunction {
  const receiver = startFunction({
    ...receiverEnvironment(queue, secrets),
    OVERFLOW_BUCKET: queue.overflowBucket,
    AWS_ENDPOINT_URL_S3: queue.url,
    AWS_ENDPOINT_URL_FIREHOSE: firehose.url,
    ARCHIVE_STREAMS: streamNames,
    ARCHIVE_QUEUE_URL: archiveQueueUrl,
    ...environment,
  });
  running.push(receiver);
  return receiver;
}

const post = (receiver: LocalFunction, what: Webhook) =>
  receiver.invoke(JSON.stringify(httpApiEvent(toWire(what, key))));

/** Takes all that is on a queue. */
async function take(QueueUrl: string): Promise<string[]> {
  const bodies: string[] = [];
  for (;;) {
    const { Messages = [] } = await queue.client.send(new ReceiveMessageCommand({ QueueUrl, MaxNumberOfMessages: 10 }));
    if (Messages.length === 0) return bodies;
    for (const { Body, ReceiptHandle } of Messages) {
      bodies.push(Body ?? '');
      await queue.client.send(new DeleteMessageCommand({ QueueUrl, ReceiptHandle }));
    }
  }
}

/** What the streams have, line by line. */
const lines = () => [...firehose.records].flatMap(([stream, records]) => records.map((line) => ({ stream, line })));

test('every accepted webhook is in the stream of its type, as it was queued', async () => {
  const receiver = start();
  for (const what of Object.values(webhooks)) expect(await post(receiver, what)).toMatchObject({ statusCode: 202 });
  const queued = await take(queue.queueUrl);
  expect(queued).toHaveLength(Object.keys(webhooks).length);
  for (const { stream, line } of lines()) {
    expect(line.indexOf('\n')).toBe(line.length - 1);
    const message = fromArchiveLine(line.toString('utf8').slice(0, -1));
    expect(queued).toContain(message);
    expect(stream).toBe(`stream-of-${JSON.parse(message).type.replace('com.messagemedia.', '')}`);
  }
  expect(lines()).toHaveLength(queued.length);
  expect(await take(archiveQueueUrl)).toEqual([]);
});

test('what was refused is not archived', async () => {
  const receiver = start();
  const forged = { ...toWire(webhook, key), body: Buffer.from('{"a":2}') };
  expect(await receiver.invoke(JSON.stringify(httpApiEvent(forged)))).toMatchObject({ statusCode: 401 });
  expect(lines()).toEqual([]);
});

test('what is too large for a stream, and what has its data elsewhere, is on the queue of the archive', async () => {
  const receiver = start();
  for (const what of [notQuite, large]) expect(await post(receiver, what)).toMatchObject({ statusCode: 202 });
  const queued = await take(queue.queueUrl);
  expect((await take(archiveQueueUrl)).sort()).toEqual(queued.sort());
  expect(queued.filter((body) => 'dataref' in JSON.parse(body))).toHaveLength(1);
  expect(lines()).toEqual([]);
});

describe('an outage refuses no webhook:', () => {
  const outages: FirehoseOutage[] = ['throttles', 'hangs', 'is not there'];

  test.each(outages)('a stream that %s is left alone, and the queue has its events', async (outage) => {
    const receiver = start();
    firehose.setOutage(outage);
    const before = firehose.calls();
    for (const body of ['{"n":1}', '{"n":2}', '{"n":3}']) {
      expect(await post(receiver, { ...webhook, body })).toMatchObject({ statusCode: 202 });
    }
    const queued = await take(queue.queueUrl);
    expect(queued).toHaveLength(3);
    expect((await take(archiveQueueUrl)).sort()).toEqual(queued.sort());
    // Two tries for the first event, none for those that follow.
    expect(firehose.calls() - before).toBeLessThanOrEqual(2);
    expect(receiver.output.filter((line) => line.includes('archiving through the queue'))).toHaveLength(1);
    expect(receiver.output.filter((line) => line.includes('"ArchiveFailed":1'))).toEqual([]);
  });
});

test('streams and queue that both hang are given up before the send of the event beside them is', async () => {
  const hanging = await listen(0, () => {});
  const told: string[] = [];
  const write = (message: string) => told.push(message);
  process.env.AWS_ENDPOINT_URL_FIREHOSE = hanging.url;
  process.env.AWS_REGION = 'us-east-1';
  const sqs = new SQSClient({ endpoint: hanging.url, credentials: localCredentials, useQueueUrlAsEndpoint: false });
  const { archive } = connectArchiver(
    { streams: new Map(Object.values(eventTypes).map((type) => [type, type])), queueUrl: archiveQueueUrl },
    { credentials: localCredentials, sqs, log: { info: write, warn: write, error: write } as Log },
  );
  const message = { id: 'i', type: eventTypes.reply, body: '{}', groupId: 'g', deduplicationId: 'd' };
  const ended = await Promise.race([
    archive({ ...message, dataContentType: undefined, unrendered: [] }),
    new Promise((resolve) => setTimeout(resolve, 5_000, 'the send would have ended')),
  ]);
  expect(ended).toBeUndefined();
  expect(told).toEqual(['archiving through the queue', 'not archived']);
  await hanging.close();
});
