import { beforeEach, describe, expect, test } from '@jest/globals';
import type { QueueMessage } from '../../lambda/event.ts';
import { createKeyring } from '../../lambda/keyring.ts';
import { readQueuedEvent } from '../../lambda/queued-event.ts';
import { createReceiver, type Outcome } from '../../lambda/receiver.ts';
import * as signature from '../../lambda/signature.ts';
import { toWire, type Webhook } from '../../sandbox/sender.ts';
import { httpApiEvent, keyringOf, makeKey, type TestKey } from '../support.ts';

const key = makeKey();
const webhook: Webhook = { method: 'POST', target: '/messagemedia', body: '{"content":"👍"}' };
const signedAt = Date.UTC(2026, 10, 23, 9);

let now: number;
let outcomes: Outcome[];
let queue: QueueMessage[];
let send: (message: QueueMessage) => Promise<void>;

beforeEach(() => {
  now = signedAt;
  outcomes = [];
  queue = [];
  send = async (message) => {
    queue.push(message);
  };
});

function receiverWith(...keys: TestKey[]) {
  const keyring = createKeyring({ load: async () => keyringOf(...keys), now: () => now, warn: () => {} });
  return createReceiver({
    keyring,
    send: (message) => send(message),
    now: () => now,
    toleranceSeconds: 900,
    report: (outcome) => outcomes.push(outcome),
  });
}

const signed = () => httpApiEvent(toWire(webhook, key, new Date(signedAt)), 'request-1');
const signedHeaders = signed().headers;

test.each([
  [900_000, 202],
  [900_001, 401],
  [-900_000, 202],
  [-900_001, 401],
])('a date %i ms away is answered with %i', async (distance, statusCode) => {
  now = signedAt + distance;
  expect(await receiverWith(key)(signed(), 'i')).toMatchObject({ statusCode });
});

test('a request without a front door id takes that of the invocation', async () => {
  const event = signed();
  const { requestId: _id, ...requestContext } = event.requestContext;
  const answer = await receiverWith(key)({ ...event, requestContext }, 'invocation-1');
  expect(answer.body).toBe('{"id":"invocation-1"}');
});

test('where SQS refuses a character of the text, the event is sent with its data in base64', async () => {
  send = async (message) => {
    if (message.body.includes('👍')) throw Object.assign(new Error('no emoji'), { name: 'InvalidMessageContents' });
    queue.push(message);
  };
  expect(await receiverWith(key)(signed(), 'i')).toMatchObject({ statusCode: 202 });
  expect(queue.map(({ body }) => Buffer.from(readQueuedEvent(body).signed.body).toString())).toEqual([webhook.body]);
});

test('an error nobody foresaw is reported and answered with a 503 that says nothing', async () => {
  const receive = createReceiver({
    keyring: { keys: () => Promise.reject(new TypeError('secret detail')), newerThan: async () => undefined },
    send,
    now: () => now,
    toleranceSeconds: 900,
    report: (outcome) => outcomes.push(outcome),
  });
  expect(await receive(signed(), 'i')).toMatchObject({ statusCode: 503, body: '{"error":"unavailable"}' });
  expect(outcomes).toMatchObject([{ outcome: 'failed', reason: 'unexpected' }]);
});

test('every request is reported once, with its id', async () => {
  const receive = receiverWith(key);
  await receive(signed(), 'i');
  await receive({ ...signed(), body: '' }, 'i');
  await receive({}, 'invocation-2');
  expect(outcomes).toMatchObject([
    { outcome: 'accepted', requestId: 'request-1', id: 'request-1', keyId: key.id, bytes: 18 },
    { outcome: 'refused', requestId: 'request-1', status: 401, reason: 'invalid_signature' },
    { outcome: 'refused', requestId: 'invocation-2', status: 400, reason: 'malformed_event' },
  ]);
});

describe('the cost of a bad request', () => {
  /** Sends a request with a bad signature to a receiver with these keys; gives the ids of the keys it was tried with. */
  async function keysTried(keys: { id: string | undefined }[], headers: Record<string, string>) {
    const tried: (string | undefined)[] = [];
    const watched = keys.map(({ id }) => ({
      id,
      key: key.publicKey,
      get digest() {
        tried.push(id);
        return key.digest;
      },
    }));
    const receive = createReceiver({
      keyring: { keys: async () => watched, newerThan: async () => undefined },
      send,
      now: () => now,
      toleranceSeconds: 900,
      report: () => {},
    });
    expect(await receive({ ...signed(), headers, body: '' }, 'i')).toMatchObject({ statusCode: 401 });
    return tried;
  }

  const { 'x-messagemedia-key-id': _id, ...unnamed } = signedHeaders;

  test('with a key id that key alone is tried', async () => {
    expect(await keysTried([{ id: 'a' }, { id: key.id }, { id: undefined }], signedHeaders)).toEqual([key.id]);
  });

  test('with an unknown key id only keys without an id are tried', async () => {
    expect(await keysTried([{ id: 'a' }, { id: undefined }], signedHeaders)).toEqual([undefined]);
  });

  test('without a key id every key is tried, but no more than ten', async () => {
    expect(await keysTried([{ id: 'a' }, { id: 'b' }], unnamed)).toEqual(['a', 'b']);
    expect(await keysTried(Array(30).fill({ id: 'a' }), unnamed)).toHaveLength(10);
  });
});

test("the signer that tests and sandbox share is the verifier's own", () => {
  const { method, target, headers, body } = toWire(webhook, key, new Date(signedAt));
  const parts = { method, target, date: headers.date ?? '', body };
  const value = headers['x-messagemedia-signature'] ?? '';
  expect(signature.verify(parts, value, key.publicKey, key.digest)).toBe(true);
});
