import { expect, test } from '@jest/globals';
import { parseKeyring, type VerificationKey } from '../../lambda/keyring.ts';
import { openQueuedEvent, type ReadEvent, readQueuedEvent } from '../../lambda/queued-event.ts';
import { reverify } from '../../lambda/reverify.ts';
import { sampleWebhooks } from '../../sandbox/webhooks.ts';
import { offload, startReceiver, webhooksOfEveryForm } from '../received.ts';
import { keyringOf, makeKey } from '../support.ts';

const key = makeKey();
const other = makeKey();
const receive = startReceiver(key);
const samples = sampleWebhooks('/messagemedia');
const { keys } = parseKeyring(keyringOf(other, key));
const bare = parseKeyring(key.answer.public_key).keys;

const report = async () => readQueuedEvent((await receive(samples.deliveryReport)).body);
const withKeyId = (read: ReadEvent, mmkeyid: string | undefined): ReadEvent => {
  const { mmkeyid: _removed, ...event } = read.event;
  return { ...read, event: { ...event, ...(mmkeyid !== undefined && { mmkeyid }) } as ReadEvent['event'] };
};

const withDigest =
  (mmdigest: string) =>
  (read: ReadEvent): ReadEvent => ({ ...read, event: { ...read.event, mmdigest } });

test.each(Object.entries(webhooksOfEveryForm('/messagemedia')))('%s is verified again', async (_form, webhook) => {
  expect(reverify(readQueuedEvent((await receive(webhook)).body), keys)).toBe(true);
});

test('what was fetched is verified, not what was said of it', async () => {
  const { body } = await receive(samples.mmsReply);
  const bytes = readQueuedEvent(body).signed.body;
  const { message } = offload(body, bytes);
  expect(reverify(await openQueuedEvent(message, async () => bytes), keys)).toBe(true);
  const forged = Buffer.from(bytes.toString().replace('pixel.png', 'other.png'));
  expect(reverify(await openQueuedEvent(message, async () => forged), keys)).toBe(false);
  expect(reverify(await openQueuedEvent(message, async () => Buffer.alloc(0)), keys)).toBe(false);
});

test.each<[string, boolean, (read: ReadEvent) => ReadEvent, readonly VerificationKey[]]>([
  ['the named key, in any case', true, (read) => withKeyId(read, key.id.toUpperCase()), keys],
  ['any key when none is named', true, (read) => withKeyId(read, undefined), keys],
  ['a key without an id', true, (read) => read, bare],
  ['not a key of another name', false, (read) => withKeyId(read, other.id), keys],
  ['not a key without an id when one has the name', false, (read) => withKeyId(read, other.id), [...keys, ...bare]],
  ['no key', false, (read) => read, []],
  ['no key under another digest', false, (read) => read, keys.map((one) => ({ ...one, digest: 'SHA512' as const }))],
  ['no key for another digest than the event names', false, withDigest('SHA512'), keys],
  ['a key that may sign with any digest', true, (read) => read, keys.map((one) => ({ ...one, digest: undefined }))],
])('tries %s', async (_what, expected, change, keyring) => {
  expect(reverify(change(await report()), keyring)).toBe(expected);
});

test.each<[string, (signed: ReadEvent['signed']) => ReadEvent['signed']]>([
  ['method', (signed) => ({ ...signed, method: 'PUT' })],
  ['target', (signed) => ({ ...signed, target: '/other' })],
  ['date', (signed) => ({ ...signed, date: 'Wed, 18 Jul 2018 06:33:52 GMT' })],
  ['body', (signed) => ({ ...signed, body: Buffer.from('{}') })],
])('another %s is not verified', async (_part, change) => {
  const { event, signed } = await report();
  expect(reverify({ event, signed: change(signed) }, keys)).toBe(false);
});
