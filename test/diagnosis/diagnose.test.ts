import { randomBytes, sign as rsaSign } from 'node:crypto';
import { describe, expect, test } from '@jest/globals';
import type { CapturedRequest } from '../../diagnosis/captured-request.ts';
import { diagnose } from '../../diagnosis/diagnose.ts';
import { signatureHeaders } from '../../lambda/contract.ts';
import { parseKeyring } from '../../lambda/keys/keyring.ts';
import { sampleWebhooks } from '../../signing/sample-webhooks.ts';
import { toWire, type Webhook } from '../../signing/sender.ts';
import { keyringOf, makeKey } from '../support.ts';
import { breaks, requestOf } from './broken.ts';

const key = makeKey('SHA256', 2048);
const other = makeKey('SHA512', 2048);
const stranger = makeKey('SHA256', 2048);
const { keys } = parseKeyring(keyringOf(key, other));
const date = new Date('2026-11-24T09:00:00Z');
const path = '/api/messagemedia?kind=reply';
const samples = sampleWebhooks(path);
/** A body that every break changes: with characters beyond ASCII but within Latin-1, and with a slash. */
const reply: Webhook = {
  ...samples.smsReply,
  body: String(samples.smsReply.body).replace(/Danke.*(?=")/, 'Danke schön, bis später! 1/2'),
};
const good = requestOf(toWire(reply, key, date));
const causesOf = (capture: CapturedRequest, options = {}) => diagnose(capture, keys, options).causes;

test('nothing is said of what is good', () => {
  for (const webhook of Object.values(samples)) {
    expect(causesOf(requestOf(toWire(webhook, key, date)), { receivedAt: date.getTime() + 3_600_000 })).toEqual([
      'none',
    ]);
  }
});

test('nothing is said of what is good under one of two entries of the same key', () => {
  const { answer } = key;
  const worse = [
    { ...answer, retired_at: '2020-01-01T00:00:00Z' },
    { ...answer, digest: 'SHA512' },
    { ...answer, key_id: '11111111-2222-4333-8444-555555555555' },
  ];
  for (const entry of worse) {
    const twice = parseKeyring(JSON.stringify({ keys: [entry, answer] })).keys;
    expect(diagnose(good, twice, { receivedAt: date.getTime() }).causes).toEqual(['none']);
    expect(diagnose(good, twice, { receivedAt: date.getTime() + 30 * 86_400_000 }).causes).toEqual(['late']);
  }
});

test('an event of another account than that of its key is told, and of its own or of nobody else’s is not', () => {
  const accounts = ['MessageMedia123', 'B'];
  const named = keys.map((each, index) => ({ ...each, account: String(accounts[index]) }));
  const of = (signer: typeof key, body = String(samples.optOut.body)) =>
    diagnose(requestOf(toWire({ ...samples.optOut, body }, signer, date)), named).causes;
  expect(of(key)).toEqual(['none']);
  expect(of(key, '{"account_id":"sub-account"}')).toEqual(['none']);
  expect(of(other)).toEqual(['foreign_account']);
});

describe('a request is broken on its way:', () => {
  test.each(breaks)('%s is %s', (_name, cause, change) => {
    expect(causesOf(change(good))).toEqual([cause]);
  });

  test.each([
    [
      ['a stage in front', 'a newline at the end'],
      ['path_prefix_added', 'body_newline'],
    ],
    [
      ['another method', 'JSON with 2 spaces'],
      ['method_changed', 'body_rewritten'],
    ],
    [
      ['a Date 2 s later', 'a newline at the end'],
      ['date_replaced', 'body_newline'],
    ],
    [
      ['a stage in front', 'a Date 2 s later'],
      ['path_prefix_added', 'date_replaced'],
    ],
    [
      ['a signature in hex', 'a stage in front'],
      ['path_prefix_added', 'signature_encoding'],
    ],
  ])('two at once: %j', (names, found) => {
    const both = breaks.filter(([name]) => names.includes(name));
    expect(causesOf(both.reduce((capture, [, , change]) => change(capture), good))).toEqual(found);
  });
});

test('a digest that nobody knows of was signed with', () => {
  const bytes = Buffer.concat([Buffer.from(`POST ${path} HTTP/1.1${date.toUTCString()}`), good.body]);
  const signature = rsaSign('SHA1', bytes, key.privateKey).toString('base64');
  const headers = new Map([...good.headers, [signatureHeaders.signature, signature]]);
  expect(causesOf({ ...good, headers })).toEqual(['digest_header', 'digest_of_key']);
});

const pretty = (body: Webhook['body']) => JSON.stringify(JSON.parse(String(body)), null, 2);
const changed = { ...good, body: Buffer.from(good.body.toString().replace('Danke', 'Dank!')) };
const forger = { ...stranger, id: key.id };
const signed = (webhook: Webhook, signer: typeof key | undefined = key) => requestOf(toWire(webhook, signer, date));
const withHeader = (name: string, value: string) => ({ ...good, headers: new Map([...good.headers, [name, value]]) });
const anHourOff = new Date(date.getTime() + 3_600_000).toUTCString();

test.each<[string, CapturedRequest, string]>([
  ['a stranger who names a key of the keyring', signed(reply, forger), 'forged'],
  ['a damaged signature', withHeader(signatureHeaders.signature, randomBytes(256).toString('base64')), 'forged'],
  ['a forgery in pretty JSON', signed({ ...reply, body: pretty(reply.body) }, forger), 'forged'],
  ['a forgery behind a stage', { ...signed(reply, forger), targets: [`/prod${path}`] }, 'forged'],
  ['a forgery with another digest', signed(reply, { ...forger, digest: 'SHA512' }), 'forged'],
  ['the id of another key', signed(reply, { ...key, id: other.id }), 'key_id_of_another_key'],
  ['a stranger without any of it', requestOf(toWire(reply, undefined, date)), 'unsigned'],
  ['a changed body in pretty JSON', { ...changed, body: Buffer.from(pretty(String(changed.body))) }, 'other_bytes'],
  ['a changed body with a newline', { ...changed, body: Buffer.from(`${changed.body}\n`) }, 'other_bytes'],
  ['a changed body behind a stage', { ...changed, targets: [`/prod${path}`] }, 'other_bytes'],
  ['another path altogether', { ...good, targets: ['/elsewhere'] }, 'other_bytes'],
  ['a Date an hour off', withHeader('date', anHourOff), 'other_bytes'],
  ['a Date that is none', withHeader('date', 'today'), 'other_bytes'],
  ['a good one in pretty JSON', signed({ ...reply, body: pretty(reply.body) }), 'none'],
  ['a good one with a newline', signed({ ...reply, body: `${reply.body}\n` }), 'none'],
  ['a good one with a stage in its path', signed({ ...reply, target: `/prod${path}` }), 'none'],
  ['a good one of an empty body', signed(samples.get), 'none'],
])('%s is not blamed on what it looks like', (_name, capture, cause) => {
  expect(causesOf(capture)).toEqual([cause]);
});
