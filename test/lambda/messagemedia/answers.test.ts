import { generateKeyPairSync } from 'node:crypto';
import { describe, expect, test } from '@jest/globals';
import {
  readCreatedSignatureKey,
  readPolledItems,
  readSentMessages,
  readSignatureKey,
  readSignatureKeys,
  readWebhook,
  readWebhookPage,
} from '../../../lambda/messagemedia/answers.ts';
import { ShapeError } from '../../../lambda/messagemedia/http.ts';
import { makeKey } from '../../support.ts';

const id = '00000000-0000-4000-8000-000000000000';
const key = { key_id: id, cipher: 'RSA', digest: 'SHA-256', created: '2026-01-01T00:00:00Z', enabled: true };
const { public_key } = makeKey().answer;
const message = { message_id: id, status: 'queued' };
const webhook = { id, url: 'https://example.com/', method: 'POST' };

/** Expects that an answer is refused with exactly these words, which reach whoever made the call. */
function expectRefusal(read: () => unknown, words: string): void {
  expect(read).toThrow(expect.objectContaining({ message: words, constructor: ShapeError }));
}

describe('a signature key', () => {
  test('is read without fields that are not known, and its digest also with a hyphen', () => {
    const read = readSignatureKey({ ...key, private_key: 'x', note: 1 });
    expect(read).toEqual({ ...key, digest: 'SHA256' });
  });

  test.each<[string, unknown, string]>([
    ['nothing', undefined, 'the key is not an object'],
    ['a list', [key], 'the key is not an object'],
    ['an id that is no UUID', { ...key, key_id: 7 }, 'key_id is not a UUID'],
    ['another cipher', { ...key, cipher: 'DSA' }, 'cipher is not RSA'],
    ['a weaker digest', { ...key, digest: 'SHA1' }, 'digest is not SHA224, SHA256 or SHA512'],
    ['a list of digests', { ...key, digest: ['SHA256'] }, 'digest is not SHA224, SHA256 or SHA512'],
    ['no date', { ...key, created: 'soon' }, 'created is not a date'],
    ['a date that is a number', { ...key, created: 2026 }, 'created is not a date'],
    ['a truth that is text', { ...key, enabled: 'true' }, 'enabled is neither true nor false'],
  ])('%s is none, and the error names what is wrong', (_name, answer, words) => {
    expectRefusal(() => readSignatureKey(answer), words);
    expectRefusal(() => readSignatureKeys([key, answer]), words);
  });

  test('is one of a list', () => {
    expect(readSignatureKeys([])).toEqual([]);
    expect(readSignatureKeys([key, { ...key, enabled: false }]).map(({ enabled }) => enabled)).toEqual([true, false]);
    expectRefusal(() => readSignatureKeys({ keys: [] }), 'the list of keys is not a list');
  });
});

describe('a created key', () => {
  test('is read with its public key, to the letter', () => {
    expect(readCreatedSignatureKey({ ...key, public_key })).toEqual({ ...key, digest: 'SHA256', public_key });
  });

  const ofAnotherAlgorithm = generateKeyPairSync('ed25519').publicKey.export({ type: 'spki', format: 'der' });
  test.each<[string, unknown]>([
    ['missing', undefined],
    ['a list', [public_key]],
    ['a number', 7],
    ['preceded by what is not base64', `*${public_key}`],
    ['followed by a line break', `${public_key}\n`],
    ['cut off', public_key.slice(0, 80)],
    ['of another algorithm', ofAnotherAlgorithm.toString('base64')],
  ])('is refused with a public key that is %s', (_name, wrong) => {
    const words = 'public_key is not an RSA public key in base64 SPKI DER';
    expectRefusal(() => readCreatedSignatureKey({ ...key, public_key: wrong }), words);
  });

  test('is refused if it is no object, or the rest is no key', () => {
    expectRefusal(() => readCreatedSignatureKey(undefined), 'the key is not an object');
    expectRefusal(() => readCreatedSignatureKey({ ...key, public_key, cipher: 'DSA' }), 'cipher is not RSA');
  });
});

describe('sent messages', () => {
  test('are read in their order, without fields that are not known', () => {
    const other = { message_id: id.replace('4', '5'), status: 'held' };
    const answer = { messages: [{ ...message, content: 'x' }, other] };
    expect(readSentMessages(answer, 2)).toEqual([message, other]);
  });

  test.each<[string, unknown, string]>([
    ['no body', undefined, 'the body is not an object'],
    ['no list', {}, 'messages is not a list'],
    ['one too few', { messages: [] }, 'messages has 0 entries for 1 messages'],
    ['one too many', { messages: [message, message] }, 'messages has 2 entries for 1 messages'],
    ['text', { messages: ['queued'] }, 'a message is not an object'],
    ['no id', { messages: [{ status: 'queued' }] }, 'message_id is not a UUID'],
    ['a status that is a number', { messages: [{ ...message, status: 202 }] }, 'status is not text'],
  ])('%s is refused', (_name, answer, words) => {
    expectRefusal(() => readSentMessages(answer, 1), words);
  });
});

describe('polled items', () => {
  test.each(['delivery_reports', 'replies'] as const)('%s stay as they were sent', (name) => {
    const items = [{ anything: { at: ['all'] } }, {}];
    expect(readPolledItems({ [name]: items }, name)).toEqual(items);
    expectRefusal(() => readPolledItems([], name), 'the body is not an object');
    expectRefusal(() => readPolledItems({ [name]: null }, name), `${name} is not a list`);
    expectRefusal(() => readPolledItems({ [name]: [[]] }, name), `an entry of ${name} is not an object`);
  });
});

describe('a webhook', () => {
  const whole = {
    ...webhook,
    encoding: 'JSON',
    events: ['RECEIVED_SMS'],
    headers: { 'X-Tenant': 'a' },
    template: '$moId',
    read_timeout: 5000,
    retries: 0,
    retry_delay: 5,
  };

  test('is read with all that is known of it, and nothing else', () => {
    expect(readWebhook({ ...whole, note: 1 })).toEqual(whole);
  });

  test.each([undefined, null])('is read if it tells %s of the fields that may be left out', (nothing) => {
    const names = ['encoding', 'events', 'headers', 'template', 'read_timeout', 'retries', 'retry_delay'];
    const bare = readWebhook({ ...webhook, ...Object.fromEntries(names.map((name) => [name, nothing])) });
    expect(Object.entries(bare)).toEqual([...Object.entries(webhook), ['events', []], ['headers', {}]]);
  });

  test.each<[string, unknown, string]>([
    ['text', 'OK', 'the webhook is not an object'],
    ['one without id', { ...webhook, id: undefined }, 'id is not a UUID'],
    ['one without URL', { ...webhook, url: undefined }, 'url or method is not text'],
    ['one without method', { ...webhook, method: undefined }, 'url or method is not text'],
    ['one whose events are no list', { ...webhook, events: 'ALL' }, 'events is not a list'],
    ['one with an event that is a number', { ...webhook, events: ['RECEIVED_SMS', 7] }, 'an event is not text'],
    ['one whose headers are a list', { ...webhook, headers: [] }, 'headers is not an object'],
    ['one with a header that is a number', { ...webhook, headers: { a: 'b', c: 1 } }, 'a header is not text'],
    ['one with an encoding that is a number', { ...webhook, encoding: 1 }, 'encoding is not text'],
    ['one with a template that is an object', { ...webhook, template: {} }, 'template is not text'],
    ['one with half a retry', { ...webhook, retries: 0.5 }, 'retries is not a whole number'],
    ['one with retries that are text', { ...webhook, retries: '2' }, 'retries is not a whole number'],
    ['one with a delay that is text', { ...webhook, retry_delay: '5' }, 'retry_delay is not a whole number'],
    ['one with a timeout that is a truth', { ...webhook, read_timeout: true }, 'read_timeout is not a whole number'],
  ])('%s is refused', (_name, answer, words) => {
    expectRefusal(() => readWebhook(answer), words);
  });

  test('comes on a page that says how many are on a full one', () => {
    const page = readWebhookPage({ page: 0, pageSize: 20, pageData: [whole] });
    expect(page).toEqual({ items: [whole], size: 20 });
    expectRefusal(() => readWebhookPage([]), 'the page of webhooks is not an object');
    expectRefusal(() => readWebhookPage({ pageSize: '20', pageData: [] }), 'pageSize is not a number');
    expectRefusal(() => readWebhookPage({ pageSize: 20 }), 'pageData is not a list');
    expectRefusal(() => readWebhookPage({ pageSize: 20, pageData: ['x'] }), 'the webhook is not an object');
  });
});
