import { afterEach, beforeEach, describe, expect, jest, test } from '@jest/globals';
import type { QueueMessage } from '../../../lambda/event/queue-message.ts';
import { createKeyring } from '../../../lambda/keys/keyring-cache.ts';
import { createReceiver, type Outcome, type ReceiverDependencies } from '../../../lambda/receiver/receiver.ts';
import { toWire, type Webhook } from '../../../signing/sender.ts';
import { readSigned } from '../../received.ts';
import { httpApiEvent, keyringOf, makeKey } from '../../support.ts';

const key = makeKey();
const other = makeKey();
const webhook: Webhook = { method: 'POST', target: '/messagemedia', body: '{"content":"👍"}' };
const signedAt = Date.UTC(2026, 10, 23, 9);

let now: number;
let outcomes: Outcome[];
let queue: QueueMessage[];
beforeEach(() => {
  [now, outcomes, queue] = [signedAt, [], []];
});

type Parts = Partial<ReceiverDependencies> & { load?: () => Promise<string> };

/** A receiver with these parts, and with one key, one queue and no bucket unless they say otherwise. */
function receiver({ load = async () => keyringOf(key), ...parts }: Parts = {}) {
  const keyring = createKeyring({ load, now: () => now, warn: () => {} });
  const send = async (message: QueueMessage) => void queue.push(message);
  const report = (outcome: Outcome) => outcomes.push(outcome);
  return createReceiver({ keyring, send, now: () => now, toleranceSeconds: 900, report, ...parts });
}

const signed = (what = webhook, by = key) => httpApiEvent(toWire(what, by, new Date(signedAt)), 'request-1');
const receive = (parts: Parts = {}, what = webhook, overrides: object = {}) =>
  receiver(parts)({ ...signed(what), ...overrides }, 'i');
const cause = new Error('no network');
const down = () => Promise.reject(cause);
const json = { 'content-type': 'application/json' };
const large = { ...webhook, body: JSON.stringify({ content: 'x'.repeat(1_048_576) }) };

test.each(['InvalidMessageContents', 'com.amazonaws.sqs#InvalidMessageContents'])(
  'where SQS refuses a character of the text, the event is sent with its data in base64: %s',
  async (name) => {
    const send = async (message: QueueMessage) => {
      if (message.body.includes('👍')) throw Object.assign(new Error('no emoji'), { name });
      queue.push(message);
    };
    expect(await receive({ send })).toMatchObject({ statusCode: 202 });
    expect(queue.map(({ body }) => Buffer.from(readSigned(body).signed.body).toString())).toEqual([webhook.body]);
  },
);

describe('where keys name accounts', () => {
  const keys = [
    { ...key.answer, account: 'A' },
    { ...other.answer, account: 'B' },
  ];
  const post = (body: string) => receive({ load: async () => JSON.stringify({ keys }) }, { ...webhook, body });

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

  const loading =
    (milliseconds: number, by = key) =>
    async () => {
      clock += milliseconds;
      return keyringOf(by);
    };
  /** Takes so many milliseconds really. */
  const sending = (milliseconds: number) => () =>
    new Promise<void>((resolve) => setTimeout(resolve, milliseconds).unref());
  const late = { statusCode: 503, headers: { 'retry-after': '5' } };

  test('is to be sent again if the queue has not taken it', async () => {
    expect(await receive({ send: sending(500), answerWithin: 30 })).toMatchObject(late);
    const message = 'S3 and SQS did not take the event while the sender waits';
    expect(outcomes).toMatchObject([{ outcome: 'failed', reason: 'queue_unavailable', error: { message } }]);
  });

  test('has the time for its capture that the keyring left', async () => {
    const given: number[] = [];
    const capture = async (_event: unknown, milliseconds: number) => void given.push(milliseconds);
    const parts = { load: loading(2_000, other), capture: capture as () => Promise<undefined> };
    expect(await receive({ ...parts, answerWithin: 17_000 })).toMatchObject({ statusCode: 401 });
    await receive(parts);
    // The keyring is read twice, as the key may be a new one.
    expect(given).toEqual([13_000, Number.POSITIVE_INFINITY]);
  });

  test('has less time for the queue, by what the keyring took, and no more than that', async () => {
    const answerWithin = 10_000;
    expect(await receive({ load: loading(9_970), send: sending(500), answerWithin })).toMatchObject(late);
    expect(await receive({ load: loading(5_000), send: sending(50), answerWithin })).toMatchObject({ statusCode: 202 });
  });

  test('leaves no timer behind, which would keep the process awake', async () => {
    const timers = () => process.getActiveResourcesInfo().filter((name) => name === 'Timeout').length;
    const before = timers();
    expect(await receive({ answerWithin: 10_000 })).toMatchObject({ statusCode: 202 });
    expect(timers()).toBe(before);
  });
});

test('a key that is not in hand is no reason to refuse while the keyring cannot be read', async () => {
  let secret: string | undefined = keyringOf(key);
  const post = receiver({ load: async () => secret ?? down() });
  const unknown = () => post(signed(webhook, other), 'i');
  expect(await unknown()).toMatchObject({ statusCode: 401 });
  secret = undefined;
  now += 3_000;
  expect(await unknown()).toMatchObject({ statusCode: 503 });
  expect(outcomes.at(-1)).toMatchObject({ outcome: 'failed', reason: 'keyring_unavailable' });
  // What a key in hand says for certain is said all the same.
  expect(await post(signed(), 'i')).toMatchObject({ statusCode: 202 });
  secret = keyringOf(key);
  now += 3_000;
  expect(await unknown()).toMatchObject({ statusCode: 401 });
});

test('an error nobody foresaw is reported and answered with a 503 that says nothing', async () => {
  const keyring = {
    keys: () => Promise.reject(new TypeError('secret detail')),
    newerThan: async () => undefined,
    isBehind: () => false,
    diagnostics: () => ({}),
  };
  expect(await receive({ keyring })).toMatchObject({ statusCode: 503, body: '{"error":"unavailable"}' });
  expect(outcomes).toMatchObject([{ outcome: 'failed', reason: 'unexpected' }]);
});

test('what the probe key signed is verified, answered with 200, and never queued', async () => {
  const { key_id, public_key, digest } = other.answer;
  const probe = { key_id, public_key, digest, until: new Date(now + 60_000).toISOString() };
  const load = async () => JSON.stringify({ ...JSON.parse(keyringOf(key)), probe });
  const answered = { statusCode: 200, headers: json, body: '{"probe":"verified"}' };
  expect(await receiver({ load })(signed(webhook, other), 'i')).toEqual(answered);
  expect([queue, outcomes]).toEqual([[], [{ outcome: 'probed', requestId: 'request-1', keyId: other.id }]]);
});

test.each([
  ['0c9d9a3e-7f0e-4f4b-9c3f-1d6f2b8a7e55', '0c9d9a3e-7f0e-4f4b-9c3f-1d6f2b8a7e55'],
  ['+61491570157 typed a lot', undefined],
])('of ids only UUIDs are reported: %s', async (reply_id, reported) => {
  const { body } = await receive({}, { ...webhook, body: JSON.stringify({ reply_id }) });
  expect(JSON.parse(body)).toEqual({ id: reply_id });
  const [outcome] = outcomes;
  expect(outcome?.outcome === 'accepted' && outcome.id).toBe(reported);
});

describe('what is answered, and what is reported', () => {
  test('of an event: its age in seconds, its size, and no key id if there is none', async () => {
    now = signedAt + 1_500;
    expect(await receive()).toEqual({ statusCode: 202, headers: json, body: '{"id":"request-1"}' });
    const type = 'com.messagemedia.webhook';
    const accepted = { outcome: 'accepted', requestId: 'request-1', type, bytes: 18, age: 2 };
    expect(outcomes).toStrictEqual([{ ...accepted, keyId: key.id }]);
    const { 'x-messagemedia-key-id': _id, ...headers } = signed().headers;
    await receive({ load: async () => key.answer.public_key }, webhook, { headers });
    expect(outcomes[1]).toStrictEqual(accepted);
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
    const reported = outcomes.map((outcome) => 'captured' in outcome && outcome.captured);
    expect(reported).toEqual(['captures/c/000.json', false, false, false]);
  });

  const retry = { statusCode: 503, headers: { ...json, 'retry-after': '5' }, body: '{"error":"unavailable"}' };
  const ofMost = { ...webhook, body: JSON.stringify({ content: 'x'.repeat(1_048_576 - '{"content":""}'.length) }) };
  const tooLarge = { statusCode: 413, headers: json, body: '{"error":"payload_too_large"}' };
  test.each<[string, string, Parts, Webhook, object, Error | undefined]>([
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
});

describe('an event is archived', () => {
  test('beside the queue, and the answer waits for both', async () => {
    const steps: string[] = [];
    const archive = async () => {
      await new Promise((resolve) => setTimeout(resolve, 20));
      steps.push('archived');
    };
    await receive({ archive, send: async () => void steps.push('queued') });
    expect(steps).toEqual(['queued', 'archived']);
    expect(await receive({ archive, send: down })).toMatchObject({ statusCode: 503 });
    expect(steps).toEqual(['queued', 'archived', 'archived']);
  });

  test('once, though the queue takes less than SQS, so that the data goes to S3', async () => {
    const [offered, archived, stored]: [QueueMessage[], QueueMessage[], unknown[]] = [[], [], []];
    const tooLong = 'One or more parameters are invalid. Reason: Message must be shorter than 2000 bytes.';
    const post = receiver({
      send: async (message) => {
        offered.push(message);
        if (Buffer.byteLength(message.body) > 2_000)
          throw Object.assign(new Error(tooLong), { name: 'InvalidParameterValue' });
        queue.push(message);
      },
      archive: async (message) => void archived.push(message),
      store: async (body, contentType) => {
        stored.push([Buffer.from(body).toString(), contentType]);
        return 's3://b/k';
      },
    });
    const body = JSON.stringify({ reply_id: 'r-1', content: '👍'.repeat(1_000) });
    expect(await post(signed({ ...webhook, body }), 'i')).toMatchObject({ statusCode: 202, body: '{"id":"r-1"}' });
    expect(queue).toMatchObject([{ id: 'r-1', deduplicationId: offered[0]?.deduplicationId, dataref: 's3://b/k' }]);
    expect(outcomes).toMatchObject([{ outcome: 'accepted', stored: true }]);
    expect(stored).toEqual([[body, 'application/json']]);
    expect(archived).toEqual([offered[0]]);
  });
});
