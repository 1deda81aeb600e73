import { CreateBucketCommand, GetObjectCommand, S3Client } from '@aws-sdk/client-s3';
import { GetQueueAttributesCommand, PurgeQueueCommand, ReceiveMessageCommand } from '@aws-sdk/client-sqs';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { signatureHeaders } from '../../lambda/contract.ts';
import { toQueueMessage } from '../../lambda/event/queue-message.ts';
import { parseKeyring } from '../../lambda/keys/keyring.ts';
import type { Answer } from '../../lambda/receiver/receiver.ts';
import { localCredentials } from '../../sandbox/aws/credentials.ts';
import { type LocalFunction, startFunction } from '../../sandbox/aws/function.ts';
import { type LocalQueue, startQueue } from '../../sandbox/aws/queue.ts';
import { type LocalSecrets, startSecrets } from '../../sandbox/aws/secrets.ts';
import { consume } from '../../sandbox/consumer.ts';
import { sampleWebhooks } from '../../signing/sample-webhooks.ts';
import { toWire, type Webhook, type WireRequest } from '../../signing/sender.ts';
import { httpApiEvent, keyringOf, makeKey, receiverEnvironment, type TestKey } from '../support.ts';

const key = makeKey('SHA256', 2048);
const small = makeKey('SHA224', 1024);
const samples = sampleWebhooks('/messagemedia');
const webhook: Webhook = { method: 'POST', target: '/messagemedia', contentType: 'application/json', body: '{"a":1}' };

let queue: LocalQueue;
let secrets: LocalSecrets;
let running: LocalFunction[];

beforeAll(async () => {
  [queue, secrets] = await Promise.all([startQueue(), startSecrets()]);
  running = [];
});
afterAll(async () => {
  await Promise.all(running.map((receiver) => receiver.close()));
  await Promise.all([queue.close(), secrets.close()]);
});

/** The real handler with its own environment. The keyring gets the name of the test. */
function startReceiver(keyring: string, environment: Record<string, string> = {}): LocalFunction {
  const secretId = expect.getState().currentTestName ?? 'keyring';
  secrets.put(secretId, keyring);
  const receiver = startFunction({
    ...receiverEnvironment(queue, secrets),
    KEYRING_SECRET_ID: secretId,
    ...environment,
  });
  running.push(receiver);
  return receiver;
}

interface Result extends Answer {
  reason: unknown;
  log: string;
}

async function call(receiver: LocalFunction, event: object): Promise<Result> {
  const answer = await receiver.invoke(JSON.stringify(event));
  const { requestId } = (event as { requestContext: { requestId: string } }).requestContext;
  const line = await receiver.logOf(requestId);
  return { ...answer, reason: line?.reason, log: JSON.stringify(line) };
}

const post = (receiver: LocalFunction, request: WireRequest) => call(receiver, httpApiEvent(request));
const take = (...keys: TestKey[]) => consume(queue.client, queue.queueUrl, parseKeyring(keyringOf(...keys)).keys);

describe('a request is refused', () => {
  const good = () => toWire(webhook, key);
  test.each<[reason: string, request: () => WireRequest]>([
    ['unsigned', () => toWire(webhook, undefined)],
    ['stale_date', () => toWire(webhook, key, new Date(0))],
    ['unknown_key', () => toWire(webhook, makeKey())],
    ['invalid_signature', () => ({ ...good(), body: Buffer.from('{"a":2}') })],
    ['foreign_account', () => toWire({ ...webhook, body: '{"account_id":"B"}' }, key)],
  ])('and not queued, and its signature is not logged: %s', async (reason, request) => {
    const entries = [
      { ...key.answer, account: 'A' },
      { ...small.answer, account: 'B' },
    ];
    const wire = request();
    const result = await post(startReceiver(JSON.stringify({ keys: entries })), wire);
    expect(result).toMatchObject({ statusCode: 401, body: '{"error":"unauthorized"}', reason });
    expect(result.log).not.toContain(wire.headers[signatureHeaders.signature] ?? 'nothing');
    expect(await take(key)).toEqual([]);
  });
});

describe('a signed webhook', () => {
  test.each(Object.entries(samples))('is queued and can be verified again: %s', async (_name, sample) => {
    const receiver = startReceiver(keyringOf(key));
    const result = await post(receiver, toWire(sample, key));
    expect(result).toMatchObject({ statusCode: 202, headers: { 'content-type': 'application/json' } });
    const [event, ...more] = await take(key);
    expect(more).toEqual([]);
    expect(event).toMatchObject({ reverified: true, event: { id: JSON.parse(result.body).id, mmkeyid: key.id } });
    expect(Buffer.from(event?.signed?.body ?? [])).toEqual(Buffer.from(sample.body));
  });

  test('sent again is answered alike and queued once', async () => {
    const receiver = startReceiver(keyringOf(key));
    const body = '{"delivery_report_id":"sent-again","message_id":"m"}';
    const results = [];
    for (const age of [2000, 1000]) {
      results.push(await post(receiver, toWire({ ...webhook, body }, key, new Date(Date.now() - age))));
    }
    expect(results.map(({ statusCode, body }) => [statusCode, body])).toEqual(
      Array(2).fill([202, '{"id":"sent-again"}']),
    );
    expect(await take(key)).toHaveLength(1);
  });
});

describe('an event around the limit of SQS', () => {
  let storage: S3Client;
  beforeAll(async () => {
    storage = new S3Client({
      endpoint: queue.url,
      region: 'us-east-1',
      credentials: localCredentials,
      forcePathStyle: true,
    });
    await storage.send(new CreateBucketCommand({ Bucket: 'overflow' }));
  });
  // The server is called by name, and a bucket must not become a part of this name.
  const endpoint = () => queue.url.replace('127.0.0.1', 'localhost');
  const environment = () => ({ OVERFLOW_BUCKET: 'overflow', AWS_ENDPOINT_URL_S3: endpoint() });

  /** A webhook whose event, in one message, has exactly so many bytes. */
  function webhookOf(bytes: number): { request: WireRequest; body: string } {
    const bodyOf = (length: number) => JSON.stringify({ delivery_report_id: `d-${bytes}`, text: 'x'.repeat(length) });
    const sizeOf = (body: string) => {
      const { method, target, headers } = toWire({ ...webhook, body }, key);
      const signature = headers['x-messagemedia-signature'] ?? '';
      const verified = { method, target, date: headers.date ?? '', body: Buffer.from(body), signature };
      const rest = { digest: key.digest, keyId: key.id, contentType: 'application/json', requestId: 'r' };
      return Buffer.byteLength(toQueueMessage({ ...verified, ...rest }).body);
    };
    const body = bodyOf(bytes - sizeOf(bodyOf(0)));
    return { request: toWire({ ...webhook, body }, key), body };
  }

  test.each([
    [1_048_575, 'queued'],
    [1_048_576, 'queued'],
    [1_048_577, 'in S3'],
    [4_000_000, 'in S3'],
  ])('of %i bytes is %s', async (bytes, where) => {
    const receiver = startReceiver(keyringOf(key), environment());
    const { request, body } = webhookOf(bytes);
    expect(await post(receiver, request)).toMatchObject({ statusCode: 202, body: `{"id":"d-${bytes}"}` });
    const { Messages = [] } = await queue.client.send(new ReceiveMessageCommand({ QueueUrl: queue.queueUrl }));
    await queue.client.send(new PurgeQueueCommand({ QueueUrl: queue.queueUrl }));
    const event = JSON.parse(Messages[0]?.Body ?? '');
    expect(event).toMatchObject({ id: `d-${bytes}`, type: 'com.messagemedia.delivery_report', mmkeyid: key.id });
    expect(event.datacontenttype).toBe('application/json');
    if (where === 'queued') {
      expect(Buffer.byteLength(Messages[0]?.Body ?? '')).toBe(bytes);
      expect(event.dataref).toBeUndefined();
      return;
    }
    const [, Bucket, Key] = /^s3:\/\/([^/]+)\/(.+)$/.exec(event.dataref) ?? [];
    expect(Object.keys(event).at(-1)).toBe('dataref');
    const object = await storage.send(new GetObjectCommand({ Bucket, Key }));
    expect(object.ContentType).toBe('application/json');
    expect((await object.Body?.transformToString()) === body).toBe(true);
  });
});

describe('what an operator sees', () => {
  const everyWord = (receiver: LocalFunction) => receiver.output.join('\n');

  test('neither signature nor body nor phone number, whatever becomes of a request', async () => {
    const receiver = startReceiver(keyringOf(key));
    const good = toWire(samples.smsReply, key);
    const stale = toWire(samples.smsReply, key, new Date(0));
    await post(receiver, good);
    await post(receiver, stale);
    await post(receiver, { ...good, method: 'PUT' });
    await post(receiver, toWire({ ...webhook, body: `"${'61491570157'.repeat(100_000)}"` }, key));
    await take(key);
    const secret = (request: WireRequest) => String(request.headers['x-messagemedia-signature']);
    for (const word of [secret(good), secret(stale), '61491570157', 'Danke', '4711']) {
      expect(everyWord(receiver)).not.toContain(word);
    }
    expect(receiver.output.length).toBeGreaterThanOrEqual(4);
  });

  test('one line of JSON for each request, whatever the caller writes', async () => {
    const receiver = startReceiver(keyringOf(key));
    const line = '\n{"reason":"forged"}\r\u2028\u001b[31m';
    const event = httpApiEvent(toWire(samples.smsReply, key));
    const names = Object.fromEntries(Object.keys(event.headers).map((name) => [name, line]));
    const context = event.requestContext;
    for (const [index, change] of [
      { headers: { ...event.headers, 'x-messagemedia-key-id': line } },
      { headers: { ...event.headers, 'x-messagemedia-digest-type': line, 'x-messagemedia-cipher-type': line } },
      { headers: names },
      { rawPath: `/messagemedia${line}`, rawQueryString: line },
      { requestContext: { ...context, http: { ...context.http, method: line, path: line, userAgent: line } } },
    ].entries()) {
      const changed = { ...event, ...change };
      const requestContext = { ...changed.requestContext, requestId: String(index) };
      const { statusCode } = await call(receiver, { ...changed, requestContext });
      expect([400, 401]).toContain(statusCode);
    }
    const lines = receiver.output.map((written) => JSON.parse(written));
    expect(lines.filter(({ reason }) => reason !== undefined)).toHaveLength(5);
    for (const word of ['forged', '\u2028', '[31m']) expect(receiver.output.join('')).not.toContain(word);
  });
});

test('the queue holds nothing that was not accepted', async () => {
  const { Attributes } = await queue.client.send(
    new GetQueueAttributesCommand({ QueueUrl: queue.queueUrl, AttributeNames: ['ApproximateNumberOfMessages'] }),
  );
  expect(Attributes?.ApproximateNumberOfMessages).toBe('0');
});
