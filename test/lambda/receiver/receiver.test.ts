import { afterEach, beforeEach, describe, expect, jest, test } from '@jest/globals';
import type { QueueMessage } from '../../../lambda/event/queue-message.ts';
import { createKeyring } from '../../../lambda/keys/keyring-cache.ts';
import { createReceiver, type Outcome, type ReceiverDependencies } from '../../../lambda/receiver/receiver.ts';
import { toWire, type Webhook } from '../../../signing/sender.ts';
import { readSigned } from '../../received.ts';
import { httpApiEvent, keyringOf, makeKey, type TestKey } from '../../support.ts';

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

test.each(['InvalidMessageContents', 'com.amazonaws.sqs#InvalidMessageContents'])(
  'where SQS refuses a character of the text, the event is sent with its data in base64: %s',
  async (name) => {
    send = async (message) => {
      if (message.body.includes('👍')) throw Object.assign(new Error('no emoji'), { name });
      queue.push(message);
    };
    expect(await receiverWith(key)(signed(), 'i')).toMatchObject({ statusCode: 202 });
    expect(queue.map(({ body }) => Buffer.from(readSigned(body).signed.body).toString())).toEqual([webhook.body]);
  },
);

describe('where keys name accounts', () => {
  const other = makeKey();
  const secret = JSON.stringify({
    keys: [
      { ...key.answer, account: 'A' },
      { ...other.answer, account: 'B' },
    ],
  });
  const receiver = () =>
    createReceiver({
      keyring: createKeyring({ load: async () => secret, now: () => now, warn: () => {} }),
      send: (message) => send(message),
      now: () => now,
      toleranceSeconds: 900,
      report: (outcome) => outcomes.push(outcome),
    });
  const post = (body: string) =>
    receiver()(httpApiEvent(toWire({ ...webhook, body }, key, new Date(signedAt)), 'request-1'), 'i');

  test('the log says whose event it is', async () => {
    expect(await post('{}')).toMatchObject({ statusCode: 202 });
    expect(outcomes).toMatchObject([{ outcome: 'accepted', account: 'A', keyId: key.id }]);
    expect(outcomes[0]).not.toHaveProperty('unreadable');
  });

  test('an event that names the account of another key is refused, and the log says which', async () => {
    expect(await post('{"account_id":"B"}')).toMatchObject({ statusCode: 401, body: '{"error":"unauthorized"}' });
    expect(queue).toEqual([]);
    const error = { code: 'foreign_account', message: 'The event names account B, which has another key' };
    expect(outcomes).toMatchObject([{ outcome: 'refused', reason: 'foreign_account', error }]);
  });
});

describe('a request that is to be answered in time', () => {
  let clock: number;
  beforeEach(() => {
    clock = 60_000;
    jest.spyOn(performance, 'now').mockImplementation(() => clock);
  });
  afterEach(() => {
    jest.restoreAllMocks();
  });

  /** @param loading what the keyring takes of the clock @param sending what the queue takes really, in milliseconds */
  function receive(loading: number, sending: number, answerWithin: number) {
    const load = async () => {
      clock += loading;
      return keyringOf(key);
    };
    const keyring = createKeyring({ load, now: () => now, warn: () => {} });
    const report = (outcome: Outcome) => outcomes.push(outcome);
    const slowly = () => new Promise<void>((resolve) => setTimeout(resolve, sending).unref());
    const common = { keyring, send: slowly, now: () => now, toleranceSeconds: 900, report };
    return createReceiver({ ...common, answerWithin })(signed(), 'i');
  }
  const late = { statusCode: 503, headers: { 'retry-after': '5' } };

  test('is to be sent again if the queue has not taken it', async () => {
    expect(await receive(0, 500, 30)).toMatchObject(late);
    const message = 'S3 and SQS did not take the event while the sender waits';
    expect(outcomes).toMatchObject([{ outcome: 'failed', reason: 'queue_unavailable', error: { message } }]);
  });

  test('has the time for its capture that the keyring left', async () => {
    const given: number[] = [];
    const capture = async (_event: unknown, milliseconds: number) => {
      given.push(milliseconds);
      return undefined;
    };
    const load = async () => {
      clock += 2_000;
      return keyringOf(makeKey());
    };
    const keyring = createKeyring({ load, now: () => now, warn: () => {} });
    const report = (outcome: Outcome) => outcomes.push(outcome);
    const common = { keyring, send: async () => {}, now: () => now, toleranceSeconds: 900, report, capture };
    expect(await createReceiver({ ...common, answerWithin: 17_000 })(signed(), 'i')).toMatchObject({ statusCode: 401 });
    await createReceiver(common)(signed(), 'i');
    // The keyring is read twice, as the key may be a new one.
    expect(given).toEqual([13_000, Number.POSITIVE_INFINITY]);
  });

  test('has less time for the queue, by what the keyring took, and no more than that', async () => {
    expect(await receive(9_970, 500, 10_000)).toMatchObject(late);
    expect(await receive(5_000, 50, 10_000)).toMatchObject({ statusCode: 202 });
  });

  test('leaves no timer behind, which would keep the process awake', async () => {
    const timers = () => process.getActiveResourcesInfo().filter((name) => name === 'Timeout').length;
    const before = timers();
    expect(await receive(0, 0, 10_000)).toMatchObject({ statusCode: 202 });
    expect(timers()).toBe(before);
  });
});

test('a key that is not in hand is no reason to refuse while the keyring cannot be read', async () => {
  let secret: string | undefined = keyringOf(key);
  let time = now;
  const load = async () => secret ?? Promise.reject(new Error('down'));
  const keyring = createKeyring({ load, now: () => time, warn: () => {} });
  const report = (outcome: Outcome) => outcomes.push(outcome);
  const receive = createReceiver({ keyring, send, now: () => now, toleranceSeconds: 900, report });
  const unknown = () => httpApiEvent(toWire(webhook, makeKey(), new Date(now)));
  expect(await receive(unknown(), 'i')).toMatchObject({ statusCode: 401 });
  secret = undefined;
  time += 3_000;
  expect(await receive(unknown(), 'i')).toMatchObject({ statusCode: 503 });
  expect(outcomes.at(-1)).toMatchObject({ outcome: 'failed', reason: 'keyring_unavailable' });
  // What a key in hand says for certain is said all the same.
  expect(await receive(signed(), 'i')).toMatchObject({ statusCode: 202 });
  secret = keyringOf(key);
  time += 3_000;
  expect(await receive(unknown(), 'i')).toMatchObject({ statusCode: 401 });
});

test('an error nobody foresaw is reported and answered with a 503 that says nothing', async () => {
  const receive = createReceiver({
    keyring: {
      keys: () => Promise.reject(new TypeError('secret detail')),
      newerThan: async () => undefined,
      isBehind: () => false,
      diagnostics: () => ({}),
    },
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
    { outcome: 'accepted', requestId: 'request-1', keyId: key.id, bytes: 18 },
    { outcome: 'refused', requestId: 'request-1', status: 401, reason: 'invalid_signature' },
    { outcome: 'refused', requestId: 'invocation-2', status: 400, reason: 'malformed_event' },
  ]);
});

test.each([
  ['0c9d9a3e-7f0e-4f4b-9c3f-1d6f2b8a7e55', '0c9d9a3e-7f0e-4f4b-9c3f-1d6f2b8a7e55'],
  ['+61491570157 typed a lot', undefined],
])('of ids only UUIDs are reported: %s', async (reply_id, reported) => {
  const event = httpApiEvent(toWire({ ...webhook, body: JSON.stringify({ reply_id }) }, key, new Date(signedAt)));
  expect(JSON.parse((await receiverWith(key)(event, 'i')).body)).toEqual({ id: reply_id });
  const [outcome] = outcomes;
  expect(outcome?.outcome === 'accepted' && outcome.id).toBe(reported);
});

describe('what is answered, and what is reported', () => {
  const large = { ...webhook, body: JSON.stringify({ content: 'x'.repeat(1_048_576) }) };
  const cause = new Error('no network');
  const down = () => Promise.reject(cause);
  const json = { 'content-type': 'application/json' };

  async function receive(parts: Partial<ReceiverDependencies>, sent: Webhook = webhook, overrides: object = {}) {
    const keyring = createKeyring({ load: async () => keyringOf(key), now: () => now, warn: () => {} });
    const report = (outcome: Outcome) => outcomes.push(outcome);
    const common = { keyring, send, now: () => now, toleranceSeconds: 900, report };
    const event = httpApiEvent(toWire(sent, key, new Date(signedAt)), 'request-1');
    return createReceiver({ ...common, ...parts })({ ...event, ...overrides }, 'i');
  }

  test('of an event: its age in seconds, its size, and no key id if there is none', async () => {
    now = signedAt + 1_500;
    expect(await receive({})).toEqual({ statusCode: 202, headers: json, body: '{"id":"request-1"}' });
    const type = 'com.messagemedia.webhook';
    const accepted = { outcome: 'accepted', requestId: 'request-1', type, bytes: 18, age: 2 };
    expect(outcomes).toStrictEqual([{ ...accepted, keyId: key.id }]);
    const nameless = { load: async () => key.answer.public_key, now: () => now, warn: () => {} };
    const { 'x-messagemedia-key-id': _id, ...headers } = signedHeaders;
    await receive({ keyring: createKeyring(nameless) }, webhook, { headers });
    expect(outcomes[1]).toStrictEqual(accepted);
  });

  test('of an event whose template was not rendered: the names of the fields', async () => {
    await receive({}, { ...webhook, body: '{"reply_id":"$replyId","message_id":"m"}' });
    expect(outcomes).toMatchObject([{ outcome: 'accepted', unrendered: ['reply_id'] }]);
  });

  test('of a refused request: where it is captured, while somebody captures', async () => {
    const captured: unknown[] = [];
    const capture = async (event: unknown) => {
      captured.push(event);
      return 'captures/c/000.json';
    };
    const unauthorized = { statusCode: 401, headers: json, body: '{"error":"unauthorized"}' };
    expect(await receive({ capture }, webhook, { body: '' })).toEqual(unauthorized);
    expect(await receive({}, webhook, { body: '' })).toEqual(unauthorized);
    expect(await receive({ capture, send: down })).toMatchObject({ statusCode: 503 });
    expect(await receive({}, webhook, { requestContext: {} })).toMatchObject({ body: '{"error":"bad_request"}' });
    expect(captured).toEqual([expect.objectContaining({ body: '' })]);
    expect(outcomes.map((outcome) => 'captured' in outcome && outcome.captured)).toEqual([
      'captures/c/000.json',
      false,
      false,
      false,
    ]);
  });

  const retry = { statusCode: 503, headers: { ...json, 'retry-after': '5' }, body: '{"error":"unavailable"}' };
  const ofMost = { ...webhook, body: JSON.stringify({ content: 'x'.repeat(1_048_576 - '{"content":""}'.length) }) };
  const tooLarge = { statusCode: 413, headers: json, body: '{"error":"payload_too_large"}' };
  test.each<[string, string, Partial<ReceiverDependencies>, Webhook, object, Error | undefined]>([
    ['queue_unavailable', 'SQS did not take the event', { send: down }, webhook, retry, cause],
    ['storage_unavailable', 'S3 did not take the data of a large event', { store: down }, large, retry, cause],
    ['event_too_large', `The event has at least ${large.body.length} bytes; SQS`, {}, large, tooLarge, undefined],
    // With a body of as many bytes as SQS takes, the event has more.
    ['event_too_large', 'The event has at least 1049', {}, ofMost, tooLarge, undefined],
  ])('of a failure, with its cause: %s', async (reason, message, parts, sent, answer, because) => {
    expect(await receive(parts, sent)).toEqual(answer);
    expect(outcomes).toMatchObject([{ reason, error: { message: expect.stringContaining(message) } }]);
    expect(outcomes.map((outcome) => 'error' in outcome && (outcome.error as Error).cause)).toEqual([because]);
  });

  test('of a large event: it is on the queue, and says where its data is', async () => {
    const stored: unknown[] = [];
    const store = async (body: Uint8Array, contentType: string | undefined) => {
      stored.push([Buffer.from(body).toString(), contentType]);
      return 's3://b/k';
    };
    expect(await receive({ store }, large)).toMatchObject({ statusCode: 202 });
    expect(stored).toEqual([[large.body, 'application/json']]);
    expect(queue.map(({ dataref }) => dataref)).toEqual(['s3://b/k']);
    const head = Buffer.byteLength(queue[0]?.body ?? '') - ',"dataref":"s3://b/k"}'.length;
    const fits = 1_048_576 - head - ',"data":{"content":""}}'.length;
    await receive({ store }, { ...webhook, body: JSON.stringify({ content: 'x'.repeat(fits) }) });
    await receive({ store }, { ...webhook, body: JSON.stringify({ content: 'x'.repeat(fits + 1) }) });
    expect(queue.map(({ dataref }) => dataref)).toEqual(['s3://b/k', undefined, 's3://b/k']);
  });

  test('an event is archived beside the queue, and the answer waits for both', async () => {
    const steps: string[] = [];
    const archive = async () => {
      await new Promise((resolve) => setTimeout(resolve, 20));
      steps.push('archived');
    };
    await receive({ archive, send: async () => void steps.push('queued') });
    expect(steps).toEqual(['queued', 'archived']);
    expect(await receive({ archive, send: down })).toEqual(retry);
    expect(steps).toEqual(['queued', 'archived', 'archived']);
  });
});

describe('a queue that takes less than SQS', () => {
  const tooLong = 'One or more parameters are invalid. Reason: Message must be shorter than 2000 bytes.';
  const refusal = Object.assign(new Error(tooLong), { name: 'InvalidParameterValue' });
  const large = { ...webhook, body: JSON.stringify({ reply_id: 'r-1', content: '👍'.repeat(1_000) }) };
  let offered: QueueMessage[];
  let archived: QueueMessage[];
  let stored: string[];
  beforeEach(() => {
    [offered, archived, stored] = [[], [], []];
  });

  /** @param refuses the error for a message that the queue does not take */
  function receiver(refuses: (message: QueueMessage) => Error | undefined, parts: Partial<ReceiverDependencies> = {}) {
    const keyring = createKeyring({ load: async () => keyringOf(key), now: () => now, warn: () => {} });
    const receive = createReceiver({
      ...{ keyring, now: () => now, toleranceSeconds: 900, report: (outcome) => outcomes.push(outcome) },
      send: async (message) => {
        offered.push(message);
        const error = refuses(message);
        if (error) throw error;
        queue.push(message);
      },
      archive: async (message) => void archived.push(message),
      store: async (body) => {
        stored.push(Buffer.from(body).toString());
        return 's3://b/k';
      },
      ...parts,
    });
    return (what: Webhook) => receive(httpApiEvent(toWire(what, key, new Date(signedAt)), 'request-1'), 'i');
  }
  const short = ({ body }: QueueMessage) => (Buffer.byteLength(body) > 2_000 ? refusal : undefined);

  test('gets a larger event with its data in S3, and the archive gets it once', async () => {
    const post = receiver(short);
    expect(await post(large)).toMatchObject({ statusCode: 202, body: '{"id":"r-1"}' });
    expect(queue).toMatchObject([{ id: 'r-1', deduplicationId: offered[0]?.deduplicationId, dataref: 's3://b/k' }]);
    expect(stored).toEqual([large.body]);
    expect(archived).toEqual([offered[0]]);
    // From then on it is not asked.
    expect(await post(large)).toMatchObject({ statusCode: 202 });
    expect(await post(webhook)).toMatchObject({ statusCode: 202 });
    expect(offered).toHaveLength(4);
    expect(queue.map(({ dataref }) => dataref)).toEqual(['s3://b/k', 's3://b/k', undefined]);
    expect(archived.slice(1)).toEqual(queue.slice(1));
  });
});
