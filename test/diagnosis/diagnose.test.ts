import { randomBytes, sign as rsaSign } from 'node:crypto';
import { describe, expect, test } from '@jest/globals';
import type { Capture } from '../../diagnosis/capture.ts';
import { diagnose } from '../../diagnosis/diagnose.ts';
import { signatureHeaders } from '../../lambda/contract.ts';
import { parseKeyring } from '../../lambda/keys/keyring.ts';
import { sampleWebhooks } from '../../signing/sample-webhooks.ts';
import { toWire, type Webhook } from '../../signing/sender.ts';
import { keyringOf, makeKey } from '../support.ts';
import { breaks, captureOf } from './broken.ts';

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
const good = captureOf(toWire(reply, key, date));
const causesOf = (capture: Capture, options = {}) => diagnose(capture, keys, options).causes;

test('nothing is said of what is good', () => {
  for (const webhook of Object.values(samples)) {
    expect(causesOf(captureOf(toWire(webhook, key, date)), { receivedAt: date.getTime() + 3_600_000 })).toEqual([
      'none',
    ]);
  }
});

test('an event of another account than that of its key is told, and of its own or of nobody else’s is not', () => {
  const accounts = ['MessageMedia123', 'B'];
  const named = keys.map((each, index) => ({ ...each, account: String(accounts[index]) }));
  const of = (signer: typeof key, body = String(samples.optOut.body)) =>
    diagnose(captureOf(toWire({ ...samples.optOut, body }, signer, date)), named).causes;
  expect(of(key)).toEqual(['none']);
  expect(of(key, '{"account_id":"sub-account"}')).toEqual(['none']);
  expect(of(other)).toEqual(['foreign_account']);
});

describe('a request is broken on its way:', () => {
  test.each(breaks)('%s is %s', (_name, cause, change) => {
    expect(causesOf(change(good))).toEqual([cause]);
  });

  test('two at once are found, path and newline, host and charset, date and body', () => {
    const apply = (...names: string[]) =>
      names.reduce((capture, name) => breaks.find(([each]) => each === name)?.[2](capture) ?? capture, good);
    expect(causesOf(apply('a stage in front', 'a newline at the end'))).toEqual(['path_prefix_added', 'body_newline']);
    expect(causesOf(apply('another method', 'JSON with 2 spaces'))).toEqual(['method_changed', 'body_rewritten']);
    expect(causesOf(apply('a Date 2 s later', 'a newline at the end'))).toEqual(['date_replaced', 'body_newline']);
    expect(causesOf(apply('a stage in front', 'a Date 2 s later'))).toEqual(['path_prefix_added', 'date_replaced']);
    expect(causesOf(apply('a signature in hex', 'a stage in front'))).toEqual([
      'path_prefix_added',
      'signature_encoding',
    ]);
  });
});

test('a digest that nobody knows of was signed with', () => {
  const bytes = Buffer.concat([Buffer.from(`POST ${path} HTTP/1.1${date.toUTCString()}`), good.body]);
  const signature = rsaSign('SHA1', bytes, key.privateKey).toString('base64');
  const headers = new Map([...good.headers, [signatureHeaders.signature, signature]]);
  expect(causesOf({ ...good, headers })).toEqual(['digest_header', 'digest_of_key']);
});

describe('it is the key, or the time:', () => {
  test('a stranger who names a key of the keyring; a damaged signature', () => {
    expect(causesOf(captureOf(toWire(reply, { ...stranger, id: key.id }, date)))).toEqual(['forged']);
    const headers = new Map(good.headers);
    headers.set('x-messagemedia-signature', randomBytes(256).toString('base64'));
    expect(causesOf({ ...good, headers })).toEqual(['forged']);
  });

  test('the id of another key', () => {
    expect(causesOf(captureOf(toWire(reply, { ...key, id: other.id }, date)))).toEqual(['key_id_of_another_key']);
  });

  test('a stranger without any of it', () => {
    expect(causesOf(captureOf(toWire(reply, undefined, date)))).toEqual(['unsigned']);
  });
});

describe('what looks like a cause and is another is not blamed on it:', () => {
  const changed = { ...good, body: Buffer.from(good.body.toString().replace('Danke', 'Dank!')) };

  test.each<[string, Capture, string]>([
    [
      'a changed body in pretty JSON',
      { ...changed, body: Buffer.from(JSON.stringify(JSON.parse(changed.body.toString()), null, 2)) },
      'other_bytes',
    ],
    [
      'a changed body with a newline',
      { ...changed, body: Buffer.concat([changed.body, Buffer.from('\n')]) },
      'other_bytes',
    ],
    ['a changed body behind a stage', { ...changed, targets: [`/prod${path}`] }, 'other_bytes'],
    ['a changed body with a late date', changed, 'other_bytes'],
    ['another path altogether', { ...good, targets: ['/elsewhere'] }, 'other_bytes'],
    [
      'a Date an hour off',
      { ...good, headers: new Map([...good.headers, ['date', new Date(date.getTime() + 3_600_000).toUTCString()]]) },
      'other_bytes',
    ],
    ['a Date that is none', { ...good, headers: new Map([...good.headers, ['date', 'today']]) }, 'other_bytes'],
    [
      'a forgery in pretty JSON',
      captureOf(
        toWire(
          { ...reply, body: JSON.stringify(JSON.parse(String(reply.body)), null, 2) },
          { ...stranger, id: key.id },
          date,
        ),
      ),
      'forged',
    ],
    [
      'a forgery behind a stage',
      { ...captureOf(toWire(reply, { ...stranger, id: key.id }, date)), targets: [`/prod${path}`] },
      'forged',
    ],
    [
      'a forgery with another digest',
      captureOf(toWire(reply, { ...stranger, id: key.id, digest: 'SHA512' }, date)),
      'forged',
    ],
    [
      'a good one in pretty JSON',
      captureOf(toWire({ ...reply, body: JSON.stringify(JSON.parse(String(reply.body)), null, 2) }, key, date)),
      'none',
    ],
    ['a good one with a newline', captureOf(toWire({ ...reply, body: `${reply.body}\n` }, key, date)), 'none'],
    ['a good one with a stage in its path', captureOf(toWire({ ...reply, target: `/prod${path}` }, key, date)), 'none'],
    ['a good one of an empty body', captureOf(toWire(samples.get, key, date)), 'none'],
  ])('%s', (_name, capture, cause) => {
    expect(causesOf(capture)).toEqual([cause]);
  });
});
