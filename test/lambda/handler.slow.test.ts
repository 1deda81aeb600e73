import { sign as signBytes } from 'node:crypto';
import type { ServerResponse } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { CreateBucketCommand, GetObjectCommand, S3Client } from '@aws-sdk/client-s3';
import {
  CreateQueueCommand,
  GetQueueAttributesCommand,
  PurgeQueueCommand,
  ReceiveMessageCommand,
} from '@aws-sdk/client-sqs';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { eventTypes, rejectionReasons } from '../../lambda/contract.ts';
import { identityOf } from '../../lambda/event/identifiers.ts';
import { toQueueMessage } from '../../lambda/event/queue-message.ts';
import { parseKeyring } from '../../lambda/keys/keyring.ts';
import type { Answer } from '../../lambda/receiver/receiver.ts';
import { localCredentials } from '../../sandbox/aws/credentials.ts';
import { type LocalFunction, startFunction } from '../../sandbox/aws/function.ts';
import { type LocalQueue, startQueue } from '../../sandbox/aws/queue.ts';
import { type LocalSecrets, startSecrets } from '../../sandbox/aws/secrets.ts';
import { consume } from '../../sandbox/consumer.ts';
import { listen, readBody } from '../../sandbox/http.ts';
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
const unauthorized = { statusCode: 401, body: '{"error":"unauthorized"}' };

describe('a request is refused', () => {
  let receiver: LocalFunction;
  beforeAll(() => {
    const entries = [
      { ...key.answer, account: 'A' },
      { ...small.answer, account: 'B' },
    ];
    receiver = startReceiver(JSON.stringify({ keys: entries }));
  });

  const good = () => toWire(webhook, key);
  const header = (name: string, value: string | undefined): WireRequest => {
    const request = good();
    const { [name]: _removed, ...headers } = request.headers;
    return { ...request, headers: value === undefined ? headers : { ...headers, [name]: value } };
  };
  const ago = (seconds: number) => toWire(webhook, key, new Date(Date.now() - seconds * 1000));
  const resigned = (parts: Partial<WireRequest>) => ({ ...good(), ...parts });

  const bad: [reason: (typeof rejectionReasons)[number], what: string, request: () => WireRequest][] = [
    ['unsigned', 'no signature', () => toWire(webhook, undefined)],
    ['unsigned', 'an empty signature', () => header('x-messagemedia-signature', '')],
    ['malformed_signature', 'no base64', () => header('x-messagemedia-signature', 'not base64!')],
    ['malformed_signature', 'URL alphabet', () => header('x-messagemedia-signature', '-_'.repeat(172))],
    [
      'malformed_signature',
      'two signatures',
      () =>
        header(
          'x-messagemedia-signature',
          `${good().headers['x-messagemedia-signature']},${good().headers['x-messagemedia-signature']}`,
        ),
    ],
    [
      'malformed_signature',
      'shorter than the key',
      () => header('x-messagemedia-signature', Buffer.alloc(128).toString('base64')),
    ],
    ['missing_date', 'no date', () => header('date', undefined)],
    ['malformed_date', 'not IMF-fixdate', () => header('date', new Date().toISOString())],
    ['malformed_date', 'two dates', () => header('date', `${new Date().toUTCString()},${new Date().toUTCString()}`)],
    ['stale_date', 'too old', () => ago(86_400 + 5)],
    ['stale_date', 'too far ahead', () => ago(-901 - 5)],
    ['malformed_target', 'white space in the path', () => resigned({ target: '/message%20media' })],
    ['malformed_target', 'a control character in the query', () => resigned({ target: '/messagemedia?a=\u0001' })],
    ['unsupported_algorithm', 'SHA-1', () => header('x-messagemedia-digest-type', 'SHA1')],
    ['unsupported_algorithm', 'another cipher', () => header('x-messagemedia-cipher-type', 'DSA')],
    ['digest_mismatch', "not the key's digest", () => header('x-messagemedia-digest-type', 'SHA512')],
    ['unknown_key', 'a stranger', () => toWire(webhook, makeKey())],
    ['unknown_key', 'no UUID', () => header('x-messagemedia-key-id', 'x'.repeat(5000))],
    ['invalid_signature', 'changed body', () => resigned({ body: Buffer.from('{"a":2}') })],
    ['invalid_signature', 'changed method', () => resigned({ method: 'PUT' })],
    ['invalid_signature', 'changed query', () => resigned({ target: '/messagemedia?b=1' })],
    [
      'invalid_signature',
      'body alone signed',
      () => {
        const request = good();
        // One of MessageMedia's samples signs only the body.
        const signature = signBytes('SHA256', request.body, key.privateKey).toString('base64');
        return { ...request, headers: { ...request.headers, 'x-messagemedia-signature': signature } };
      },
    ],
    [
      'invalid_signature',
      'another known key',
      () =>
        header(
          'x-messagemedia-signature',
          toWire(webhook, { ...key, privateKey: makeKey('SHA256', 2048).privateKey }).headers[
            'x-messagemedia-signature'
          ],
        ),
    ],
    ['foreign_account', 'the account of another key', () => toWire({ ...webhook, body: '{"account_id":"B"}' }, key)],
  ];

  test('for every reason there is', () => {
    expect([...new Set(bad.map(([reason]) => reason))]).toEqual([...rejectionReasons]);
  });

  test.each(bad)('%s: %s', async (reason, _what, request) => {
    const wire = request();
    const result = await post(receiver, wire);
    expect(result).toMatchObject({ ...unauthorized, reason });
    expect(result.log).not.toContain(wire.headers['x-messagemedia-signature'] || 'nothing');
    expect(await take(key)).toEqual([]);
  });

  test.each([[{}], [null], [[]], ['event'], [{ requestContext: { http: { method: 'POST' } }, body: 7 }]])(
    'when it is no event of a front door: %j',
    async (event) => {
      const answer = await receiver.invoke(JSON.stringify(event));
      expect(answer).toMatchObject({ statusCode: 400, body: '{"error":"bad_request"}' });
    },
  );

  test('when it is too large for SQS', async () => {
    const result = await post(receiver, toWire({ ...webhook, body: JSON.stringify('x'.repeat(1_048_576)) }, key));
    expect(result).toMatchObject({ statusCode: 413, reason: 'event_too_large' });
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

  test('may come without key id and digest, and with a hyphen in the digest', async () => {
    const receiver = startReceiver(keyringOf(small, key));
    const request = toWire(webhook, key);
    const { 'x-messagemedia-key-id': _id, 'x-messagemedia-digest-type': _digest, ...headers } = request.headers;
    expect(await post(receiver, { ...request, headers })).toMatchObject({ statusCode: 202 });
    const hyphen = { ...headers, 'x-messagemedia-digest-type': 'sha-256', 'x-messagemedia-cipher-type': 'rsa' };
    expect(await post(receiver, { ...request, headers: hyphen })).toMatchObject({ statusCode: 202 });
    expect((await take(key)).map(({ event }) => event.mmkeyid)).toEqual([key.id, key.id]);
  });

  test('verifies with a bare public key, whose digest the header names', async () => {
    const receiver = startReceiver(key.publicKey.export({ type: 'spki', format: 'pem' }).toString());
    expect(await post(receiver, toWire(webhook, key))).toMatchObject({ statusCode: 202 });
    expect(await take(key)).toMatchObject([{ reverified: true, event: { mmkeyid: key.id, mmdigest: 'SHA256' } }]);
    const request = toWire(webhook, key);
    const { 'x-messagemedia-digest-type': _digest, ...headers } = request.headers;
    expect(await post(receiver, { ...request, headers })).toMatchObject({ reason: 'unsupported_algorithm' });
  });

  test('of any age is taken when the tolerance is 0', async () => {
    const receiver = startReceiver(keyringOf(key), { TIMESTAMP_TOLERANCE_SECONDS: '0' });
    expect(await post(receiver, toWire(webhook, key, new Date(0)))).toMatchObject({ statusCode: 202 });
    await take(key);
  });

  test('goes to a standard queue too', async () => {
    const { QueueUrl = '' } = await queue.client.send(new CreateQueueCommand({ QueueName: 'standard' }));
    const receiver = startReceiver(keyringOf(key), { QUEUE_URL: QueueUrl });
    expect(await post(receiver, toWire(webhook, key))).toMatchObject({ statusCode: 202 });
    expect(await consume(queue.client, QueueUrl, parseKeyring(keyringOf(key)).keys)).toMatchObject([
      { reverified: true },
    ]);
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

  test('of a queue that takes a quarter of it is in S3 above that, and only the first such message is refused', async () => {
    const Attributes = { MaximumMessageSize: '262144' };
    const command = new CreateQueueCommand({ QueueName: 'created-in-2019', Attributes });
    const { QueueUrl = '' } = await queue.client.send(command);
    const receiver = startReceiver(keyringOf(key), { ...environment(), QUEUE_URL: QueueUrl });
    const sizes = [100_000, 262_144, 262_145, 900_000, 1_500_000];
    for (const bytes of sizes) {
      expect(await post(receiver, webhookOf(bytes).request)).toMatchObject({ statusCode: 202 });
    }
    const { Messages = [] } = await queue.client.send(new ReceiveMessageCommand({ QueueUrl, MaxNumberOfMessages: 10 }));
    const inS3 = Messages.map(({ Body = '' }) => JSON.parse(Body))
      .filter(({ dataref }) => dataref !== undefined)
      .map(({ id }) => id);
    expect(Messages).toHaveLength(sizes.length);
    expect(inS3.toSorted()).toEqual(['d-1500000', 'd-262145', 'd-900000']);
  });

  test('is our own fault while S3 is out of reach, and nothing is queued', async () => {
    const receiver = startReceiver(keyringOf(key), { ...environment(), OVERFLOW_BUCKET: 'nowhere' });
    const result = await post(receiver, webhookOf(1_048_577).request);
    expect(result).toMatchObject({ statusCode: 503, reason: 'storage_unavailable', body: '{"error":"unavailable"}' });
    expect(await take(key)).toEqual([]);
  });

  test('leaves no more than a harmless object when SQS then refuses it', async () => {
    const receiver = startReceiver(keyringOf(key), { ...environment(), QUEUE_URL: `${queue.queueUrl}x.fifo` });
    const { request } = webhookOf(1_048_577);
    expect(await post(receiver, request)).toMatchObject({ statusCode: 503, reason: 'queue_unavailable' });
    const again = startReceiver(keyringOf(key), environment());
    expect(await post(again, request)).toMatchObject({ statusCode: 202 });
    await queue.client.send(new PurgeQueueCommand({ QueueUrl: queue.queueUrl }));
  });
});

describe('what an operator sees', () => {
  const metric = (receiver: LocalFunction, name: string) =>
    receiver.output.flatMap((line) => {
      const entry = JSON.parse(line);
      return entry._aws && entry[name] !== undefined ? [{ value: entry[name], reason: entry.reason }] : [];
    });
  const everyWord = (receiver: LocalFunction) => receiver.output.join('\n');

  test('one metric per outcome, with its reason', async () => {
    const receiver = startReceiver(keyringOf(key));
    await post(receiver, toWire(webhook, key));
    await post(receiver, toWire(webhook, undefined));
    const { 'x-messagemedia-signature': _signature, ...headers } = toWire(webhook, key).headers;
    await post(receiver, { ...toWire(webhook, key), headers: { ...headers, 'x-messagemedia-signature': '!' } });
    await take(key);
    expect(metric(receiver, 'Accepted')).toEqual([
      { value: 1, reason: undefined },
      { value: 0, reason: 'unsigned' },
    ]);
    expect(metric(receiver, 'SignedRefused')).toEqual([
      { value: 0, reason: undefined },
      { value: 1, reason: 'malformed_signature' },
    ]);
    expect(metric(receiver, 'Refused')).toEqual([
      { value: 1, reason: 'unsigned' },
      { value: 1, reason: 'malformed_signature' },
    ]);
    expect(metric(receiver, 'Failed')).toEqual([]);
  });

  test('how old an accepted webhook was, and that a template was not rendered', async () => {
    const receiver = startReceiver(keyringOf(key));
    const body = '{"notification_id":"$moId","content":"STOP"}';
    const optOuts = [100, 3_600].map((seconds) =>
      toWire({ ...webhook, body }, key, new Date(Date.now() - seconds * 1000)),
    );
    for (const optOut of optOuts) expect(await post(receiver, optOut)).toMatchObject({ statusCode: 202 });
    const events = await take(key);
    expect(new Set(events.map(({ event }) => event.id)).size).toBe(2);
    expect(events.map(({ event }) => event.type)).toEqual(Array(2).fill('com.messagemedia.webhook'));
    expect(metric(receiver, 'Unidentified')).toHaveLength(2);
    const [young, old] = metric(receiver, 'Age').map(({ value }) => Number(value));
    expect(young).toBeLessThan(200);
    expect(old).toBeGreaterThanOrEqual(3_600);
    expect(everyWord(receiver)).toContain('"unrendered":["notification_id"]');
  });

  test('failures, and that the keyring could not be loaded', async () => {
    const receiver = startReceiver('rubbish');
    await post(receiver, toWire(webhook, key));
    expect(metric(receiver, 'Failed')).toEqual([{ value: 1, reason: 'keyring_unavailable' }]);
    expect(metric(receiver, 'KeyringLoadFailed')).not.toEqual([]);
  });

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

  test('the keyring is loaded before the first request comes', async () => {
    const loads: unknown[] = [];
    const watched = await listen(0, (request) => {
      loads.push(request.headers['x-amz-target']);
    });
    startReceiver(keyringOf(key), { AWS_ENDPOINT_URL_SECRETS_MANAGER: watched.url });
    for (let wait = 0; wait < 200 && loads.length === 0; wait++)
      await new Promise((resolve) => setTimeout(resolve, 25));
    await watched.close();
    expect(loads[0]).toBe('secretsmanager.GetSecretValue');
  });
});

test.each([
  ['https://sqs.eu-west-1.amazonaws.com/000000000000/events.fifo', true],
  ['https://sqs.eu-west-1.amazonaws.com/000000000000/events', false],
])('SendMessage to %s holds exactly what that kind of queue takes', async (QueueUrl, fifo) => {
  const sent: unknown[] = [];
  // This queue only confirms messages. It is reached although the queue's URL names another host.
  const sqs = await listen(0, async (request, response) => {
    sent.push(JSON.parse(String(await readBody(request))));
    response.writeHead(200, { 'content-type': 'application/x-amz-json-1.0' }).end('{"MessageId":"m"}');
  });
  const receiver = startReceiver(keyringOf(key), { QUEUE_URL: QueueUrl, AWS_ENDPOINT_URL_SQS: sqs.url });
  const body = '{"delivery_report_id":"d-1","message_id":"m-1"}';
  expect(await post(receiver, toWire({ ...webhook, body }, key))).toMatchObject({ statusCode: 202 });
  await sqs.close();
  const event = { source: 'urn:messagemedia', type: eventTypes.deliveryReport, id: 'd-1' };
  const ids = fifo ? { MessageGroupId: 'm-1', MessageDeduplicationId: identityOf(event) } : {};
  expect(sent).toEqual([{ QueueUrl, MessageBody: expect.stringContaining(`,"data":${body}}`), ...ids }]);
});

describe('the keyring', () => {
  test('takes a new key at once', async () => {
    const receiver = startReceiver(keyringOf(key));
    await post(receiver, toWire(webhook, key));
    secrets.put(expect.getState().currentTestName ?? '', keyringOf(key, small));
    expect(await post(receiver, toWire(webhook, small))).toMatchObject({ statusCode: 202 });
    await take(key);
  });

  test('takes a bare key that replaces another of another size', async () => {
    const receiver = startReceiver(key.answer.public_key);
    await post(receiver, toWire(webhook, key));
    secrets.put(expect.getState().currentTestName ?? '', small.answer.public_key);
    expect(await post(receiver, toWire(webhook, small))).toMatchObject({ statusCode: 202 });
    await take(key);
  });

  test('that is empty refuses everything', async () => {
    const receiver = startReceiver('{"keys":[]}');
    expect(await post(receiver, toWire(webhook, key))).toMatchObject({ ...unauthorized, reason: 'unknown_key' });
  });

  test.each([['{"keys":[{}]}'], ['rubbish']])('that cannot be read is our own fault: %s', async (keyring) => {
    const receiver = startReceiver(keyring);
    const result = await post(receiver, toWire(webhook, key));
    expect(result).toMatchObject({ statusCode: 503, reason: 'keyring_unavailable', body: '{"error":"unavailable"}' });
    expect(result.headers['retry-after']).toBe('5');
  });

  test('out of reach is our own fault, until it is there', async () => {
    const receiver = startReceiver(keyringOf(key), { KEYRING_SECRET_ID: 'created later' });
    expect(await post(receiver, toWire(webhook, key))).toMatchObject({
      statusCode: 503,
      reason: 'keyring_unavailable',
    });
    secrets.put('created later', keyringOf(key));
    expect(await post(receiver, toWire(webhook, key))).toMatchObject({ statusCode: 202 });
    await take(key);
  });

  test('that stops in the middle of an answer is given up, and asked again for the request that waits', async () => {
    let stalls = 0;
    const stalling = await listen(0, (request, response) => {
      request.resume();
      response.writeHead(200, { 'content-type': 'application/x-amz-json-1.1' });
      if (stalls++ === 0) response.write('{"Secret');
      else response.end(JSON.stringify({ SecretString: keyringOf(key) }));
    });
    const receiver = startReceiver(keyringOf(key), { AWS_ENDPOINT_URL_SECRETS_MANAGER: stalling.url });
    expect(await post(receiver, toWire(webhook, key))).toMatchObject({ statusCode: 202 });
    expect(stalls).toBe(2);
    await take(key);
    await stalling.close();
  });

  test('that answers 503 for 1.2 seconds is asked until it answers', async () => {
    const since = Date.now();
    const recovering = await listen(0, (request, response) => {
      request.resume();
      const isDown = Date.now() - since < 1_200;
      response.writeHead(isDown ? 503 : 200, { 'content-type': 'application/x-amz-json-1.1' });
      response.end(isDown ? '{}' : JSON.stringify({ SecretString: keyringOf(key) }));
    });
    const receiver = startReceiver(keyringOf(key), { AWS_ENDPOINT_URL_SECRETS_MANAGER: recovering.url });
    expect(await post(receiver, toWire(webhook, key))).toMatchObject({ statusCode: 202 });
    await take(key);
    await recovering.close();
  });

  test('out of reach does not keep a bad request from its 401', async () => {
    const receiver = startReceiver(keyringOf(key), { KEYRING_SECRET_ID: 'nowhere' });
    expect(await post(receiver, toWire(webhook, undefined))).toMatchObject(unauthorized);
  });
});

describe('the queue', () => {
  test('that answers 503 for 1.2 seconds is asked until it takes the event', async () => {
    const since = Date.now();
    const recovering = await listen(0, (request, response) => {
      request.resume();
      const isDown = Date.now() - since < 1_200;
      response.writeHead(isDown ? 503 : 200, { 'content-type': 'application/x-amz-json-1.0' });
      response.end(isDown ? '{}' : '{"MessageId":"m"}');
    });
    const receiver = startReceiver(keyringOf(key), { AWS_ENDPOINT_URL_SQS: recovering.url });
    expect(await post(receiver, toWire(webhook, key))).toMatchObject({ statusCode: 202 });
    await recovering.close();
  });

  test.each(['', '{}', '[]', 'null', '{"MessageId":""}'])('that answers 200 and %j has nothing', async (answer) => {
    const hollow = await listen(0, (request, response) => {
      request.resume();
      response.writeHead(200, { 'content-type': 'application/x-amz-json-1.0' }).end(answer);
    });
    const receiver = startReceiver(keyringOf(key), { AWS_ENDPOINT_URL_SQS: hollow.url });
    expect(await post(receiver, toWire(webhook, key))).toMatchObject({ statusCode: 503, reason: 'queue_unavailable' });
    await hollow.close();
  });

  test('out of reach is our own fault, and nothing is lost once the sender tries again', async () => {
    const receiver = startReceiver(keyringOf(key), { QUEUE_URL: `${queue.queueUrl}x.fifo` });
    const result = await post(receiver, toWire(webhook, key));
    expect(result).toMatchObject({ statusCode: 503, reason: 'queue_unavailable', body: '{"error":"unavailable"}' });
    expect(result.headers['retry-after']).toBe('5');
  });

  test.each([
    ['never answers', () => {}],
    ['stops in the middle of an answer', (response: ServerResponse) => response.writeHead(200).write('{"Mess')],
  ])('that %s is given up before the function itself is', async (_what, answer) => {
    const server = await listen(0, (_request, response) => answer(response));
    const receiver = startReceiver(keyringOf(key), { AWS_ENDPOINT_URL_SQS: server.url });
    const ended = await Promise.race([
      post(receiver, toWire(webhook, key)),
      sleep(15_000, 'the function would have been ended', { ref: false }),
    ]);
    expect(ended).toMatchObject({ statusCode: 503, reason: 'queue_unavailable' });
    await server.close();
  });
});

test('the queue holds nothing that was not accepted', async () => {
  const { Attributes } = await queue.client.send(
    new GetQueueAttributesCommand({ QueueUrl: queue.queueUrl, AttributeNames: ['ApproximateNumberOfMessages'] }),
  );
  expect(Attributes?.ApproximateNumberOfMessages).toBe('0');
});

test.each([
  [{ QUEUE_URL: '' }, 'QUEUE_URL'],
  [{ KEYRING_SECRET_ID: '' }, 'KEYRING_SECRET_ID'],
  [{ TIMESTAMP_TOLERANCE_SECONDS: '-1' }, 'TIMESTAMP_TOLERANCE_SECONDS'],
])('a wrong environment is named: %j', async (environment, name) => {
  const receiver = startReceiver(keyringOf(key), environment);
  await expect(receiver.invoke(JSON.stringify(httpApiEvent(toWire(webhook, key))))).rejects.toThrow(name);
});
