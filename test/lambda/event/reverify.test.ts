import { describe, expect, test } from '@jest/globals';
import { openQueuedEvent, type ReadEvent } from '../../../lambda/event/queued-event.ts';
import { reverify, type SignatureVerdict } from '../../../lambda/event/reverify.ts';
import { parseKeyring, type VerificationKey } from '../../../lambda/keys/keyring.ts';
import { sampleWebhooks } from '../../../signing/sample-webhooks.ts';
import { offload, readSigned, startReceiver } from '../../received.ts';
import { keyringOf, makeKey } from '../../support.ts';

const key = makeKey();
const other = makeKey();
type Signed = NonNullable<ReadEvent['signed']>;
const receive = startReceiver(key);
const samples = sampleWebhooks('/messagemedia');
const { keys } = parseKeyring(keyringOf(other, key));
const bare = parseKeyring(key.answer.public_key).keys;

const report = async () => readSigned((await receive(samples.deliveryReport)).body);
const withKeyId = (read: ReadEvent, mmkeyid: string | undefined): ReadEvent => {
  const { mmkeyid: _removed, ...event } = read.event;
  return { ...read, event: { ...event, ...(mmkeyid !== undefined && { mmkeyid }) } as ReadEvent['event'] };
};

const withDigest =
  (mmdigest: string) =>
  (read: ReadEvent): ReadEvent => ({ ...read, event: { ...read.event, mmdigest } as ReadEvent['event'] });

test('what was fetched is verified, not what was said of it', async () => {
  const { body } = await receive(samples.mmsReply);
  const bytes = readSigned(body).signed.body;
  const { message } = offload(body, bytes);
  expect(reverify(await openQueuedEvent(message, async () => bytes), keys)).toBe('good');
  const forged = Buffer.from(bytes.toString().replace('pixel.png', 'other.png'));
  expect(reverify(await openQueuedEvent(message, async () => forged), keys)).toBe('bad');
  expect(reverify(await openQueuedEvent(message, async () => Buffer.alloc(0)), keys)).toBe('bad');
});

test.each<[string, SignatureVerdict, (read: ReadEvent) => ReadEvent, readonly VerificationKey[]]>([
  ['the named key, in any case', 'good', (read) => withKeyId(read, key.id.toUpperCase()), keys],
  ['any key when none is named', 'good', (read) => withKeyId(read, undefined), keys],
  ['a key without an id', 'good', (read) => read, bare],
  ['not a key of another name', 'bad', (read) => withKeyId(read, other.id), keys],
  ['not a key without an id when one has the name', 'bad', (read) => withKeyId(read, other.id), [...keys, ...bare]],
  ['no key', 'bad', (read) => read, []],
  ['no key under another digest', 'bad', (read) => read, keys.map((one) => ({ ...one, digest: 'SHA512' as const }))],
  ['no key for another digest than the event names', 'bad', withDigest('SHA512'), keys],
  ['a key that may sign with any digest', 'good', (read) => read, keys.map((one) => ({ ...one, digest: undefined }))],
  ['no key for a digest that nobody signs with', 'bad', withDigest('SHA1'), bare],
])('tries %s', async (_what, expected, change, keyring) => {
  expect(reverify(change(await report()), keyring)).toBe(expected);
});

test.each<[string, (signed: Signed) => Signed]>([
  ['method', (signed) => ({ ...signed, method: 'PUT' })],
  ['target', (signed) => ({ ...signed, target: '/other' })],
  ['date', (signed) => ({ ...signed, date: 'Wed, 18 Jul 2018 06:33:52 GMT' })],
  ['body', (signed) => ({ ...signed, body: Buffer.from('{}') })],
])('another %s is not verified', async (_part, change) => {
  const { event, signed } = await report();
  expect(reverify({ event, signed: change(signed) }, keys)).toBe('bad');
});

test('what was never signed is not good, whatever the keys', async () => {
  const { event } = await report();
  expect(reverify({ event, signed: undefined }, keys)).toBe('never_signed');
});

test('a retired key is good for what was signed in its day', async () => {
  const read = await report();
  const signedAt = Date.parse(read.signed.date);
  const retired = (at: number) => keys.map((one) => ({ ...one, retiredAt: at }));
  expect(reverify(read, retired(signedAt + 1_000))).toBe('good');
  expect(reverify(read, retired(signedAt - 300_000))).toBe('good');
  expect(reverify(read, retired(signedAt - 301_000))).toBe('bad');
});

describe('where keys name accounts', () => {
  const account = 'MessageMedia123';
  const owned = keys.map((one) => ({ ...one, account: one.id === key.id ? account : 'other' }));
  const withSource = async (source: string): Promise<ReadEvent> => {
    const read = await report();
    return { ...read, event: { ...read.event, source } };
  };

  test.each<[string, SignatureVerdict]>([
    [`urn:messagemedia:account:${account}`, 'good'],
    ['urn:messagemedia:account:other', 'bad'],
    ['urn:messagemedia', 'bad'],
  ])('an event of %s is %s', async (source, verdict) => {
    expect(reverify(await withSource(source), owned)).toBe(verdict);
    expect(reverify(await withSource(source), keys)).toBe('good');
  });

  test('a key without one signs for nobody', async () => {
    const some = owned.map(({ account: named, ...one }) => (one.id === key.id ? one : { ...one, account: named }));
    expect(reverify(await withSource('urn:messagemedia'), some)).toBe('good');
    expect(reverify(await withSource(`urn:messagemedia:account:${account}`), some)).toBe('bad');
  });
});
