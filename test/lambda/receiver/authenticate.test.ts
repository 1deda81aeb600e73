import { describe, expect, test } from '@jest/globals';
import { rejectionReasons, signatureHeaders } from '../../../lambda/contract.ts';
import { parseKeyring, type VerificationKey } from '../../../lambda/keys/keyring.ts';
import type { KeyringCache } from '../../../lambda/keys/keyring-cache.ts';
import { KeyringError } from '../../../lambda/keys/keyring-secret.ts';
import { type AuthenticatedRequest, authenticate } from '../../../lambda/receiver/authenticate.ts';
import { parseRequest } from '../../../lambda/receiver/request.ts';
import { toWire, type Webhook } from '../../../signing/sender.ts';
import { httpApiEvent, keyringOf, makeKey, type TestKey } from '../../support.ts';

const key = makeKey();
const other = makeKey();
const webhook: Webhook = { method: 'POST', target: '/m?a=1', contentType: 'application/json', body: '{"a":1}' };
const signedAt = Date.UTC(2026, 10, 23, 9);
const date = new Date(signedAt).toUTCString();
const names = signatureHeaders;
const signature = toWire(webhook, key, new Date(signedAt)).headers[names.signature] ?? '';

const keysOf = (...keys: TestKey[]) => parseKeyring(keyringOf(...keys)).keys;
/** A key as a keyring may hold it. */
const as = (one: TestKey, fields: Partial<VerificationKey> = {}): VerificationKey => ({
  id: one.id,
  digest: one.digest,
  key: one.publicKey,
  ...fields,
});

/** A keyring that must be asked for nothing but its keys, unless there is more. */
function keyringWith(keys: readonly VerificationKey[], parts: Partial<KeyringCache> = {}): KeyringCache {
  const newerThan = () => Promise.reject(new Error('the keyring was asked for newer keys'));
  const diagnostics = () => {
    throw new Error('the keyring was asked for a probe');
  };
  const isBehind = () => {
    throw new Error('the keyring was asked whether it is behind');
  };
  return { keys: async () => keys, newerThan, diagnostics, isBehind, ...parts };
}

const nothingNewer = { newerThan: async () => undefined, diagnostics: () => ({}), isBehind: () => false };
const behind = { ...nothingNewer, isBehind: () => true };

interface Attempt {
  headers?: Record<string, string | undefined>;
  event?: Record<string, unknown>;
  keyring?: KeyringCache;
  /** Milliseconds. */
  age?: number;
  toleranceSeconds?: number;
}

function attempt({ headers, event, keyring, age = 0, toleranceSeconds = 900 }: Attempt): Promise<AuthenticatedRequest> {
  const signed = httpApiEvent(toWire(webhook, key, new Date(signedAt)));
  const request = parseRequest({ ...signed, headers: { ...signed.headers, ...headers }, ...event });
  const now = () => signedAt + age;
  return authenticate(request, 'r-1', { keyring: keyring ?? keyringWith(keysOf(key)), now, toleranceSeconds });
}

const verified = {
  ...{ method: 'POST', target: '/m?a=1', date, body: Buffer.from('{"a":1}'), signature },
  ...{ digest: 'SHA256', keyId: key.id, isProbe: false, requestId: 'r-1', contentType: 'application/json' },
};

test('a request with a good signature is what was signed, and who signed it', async () => {
  expect(await attempt({})).toEqual(verified);
});

test.each<[string, Attempt]>([
  ['a cipher in another case', { headers: { [names.cipher]: 'rsa' } }],
  ['a digest in another spelling', { headers: { [names.digest]: 'sha-256' } }],
  ['no cipher', { headers: { [names.cipher]: undefined } }],
  ['no digest', { headers: { [names.digest]: undefined } }],
  ['an empty cipher and digest', { headers: { [names.cipher]: '', [names.digest]: '' } }],
  ['no digest in the keyring', { keyring: keyringWith([as(key, { digest: undefined })]) }],
  ['no key id', { headers: { [names.keyId]: undefined }, keyring: keyringWith(keysOf(other, key)) }],
  ['a key that is newer', { keyring: keyringWith(keysOf(other), { newerThan: async () => keysOf(other, key) }) }],
  ['a Date as old as may be', { age: 900_000 }],
  ['a Date as far ahead as may be', { age: -900_000 }],
  ['a Date of any age when that is not checked', { age: 1e12, toleranceSeconds: 0 }],
  ['a Date that is far ahead when that is not checked', { age: -1e12, toleranceSeconds: 0 }],
])('%s does no harm', async (_what, parts) => {
  expect(await attempt(parts)).toEqual(verified);
});

test('of a key without an id the sender names it, if that can be an id', async () => {
  const keyring = keyringWith([as(key, { id: undefined })]);
  expect(await attempt({ keyring })).toEqual(verified);
  expect((await attempt({ keyring, headers: { [names.keyId]: 'typed' } })).keyId).toBeUndefined();
  expect((await attempt({ keyring, headers: { [names.keyId]: undefined } })).keyId).toBeUndefined();
  expect((await attempt({ keyring: keyringWith([as(key, { id: key.id.toUpperCase() })]) })).keyId).toBe(
    key.id.toUpperCase(),
  );
});

test.each(['Wed, 4 Nov 2026 06:33:52 GMT', 'Wed, 04 Nov 2026 06:33:52 GMT'])(
  'the day of a Date may have one digit below 10, and is kept as it was signed: %s',
  async (written) => {
    const age = Date.UTC(2026, 10, 4, 6, 33, 52) - signedAt;
    const { headers } = toWire(webhook, key, written);
    expect(await attempt({ headers, age })).toMatchObject({ date: written });
    await expect(attempt({ headers, age: age + 900_001 })).rejects.toMatchObject({ code: 'stale_date' });
    await expect(attempt({ headers: { ...headers, date: 'Wed, 4 Nov 2026 6:33:52 GMT' }, age })).rejects.toMatchObject({
      code: 'malformed_date',
    });
  },
);

const named = (id: string) => `(key id in the request: ${id})`;
const forged = { body: '' };
const unknown = 'The keyring does not have this key, or it was retired before the Date';
const target = 'The target is empty or holds white space or a control character';

const algorithm = 'MessageMedia does not sign with this digest or cipher';
const only = (keys: readonly VerificationKey[]) => keyringWith(keys, nothingNewer);
const withHeader = (name: string, value?: string) => ({ headers: { [name]: value } });
const nameless = withHeader(names.keyId);

const refusals: [string, string, Attempt][] = [
  ['unsigned', 'No X-MessageMedia-Signature: is a key enabled?', withHeader(names.signature)],
  ['unsigned', 'No X-MessageMedia-Signature: is a key enabled?', withHeader(names.signature, '')],
  ['malformed_signature', 'The signature is not base64', withHeader(names.signature, '%%%')],
  ['missing_date', 'No Date header', withHeader('date')],
  ['malformed_date', 'The Date header is not one IMF-fixdate', withHeader('date', `${date},${date}`)],
  ['stale_date', 'Date is 900 s in the past; at most 900 s are accepted', { age: 900_001 }],
  ['stale_date', 'Date is 62 s in the past; at most 60 s are accepted', { age: 61_500, toleranceSeconds: 60 }],
  ['stale_date', 'Date is 902 s in the future; at most 900 s are accepted', { age: -901_500, toleranceSeconds: 60 }],
  ['malformed_target', target, { event: { rawPath: '', rawQueryString: ' ' } }],
  ['malformed_target', target, { event: { rawPath: '/a b' }, keyring: only(keysOf(key)) }],
  ['unsupported_algorithm', algorithm, withHeader(names.digest, 'MD5')],
  ['unsupported_algorithm', algorithm, withHeader(names.cipher, 'EC')],
  [
    'unsupported_algorithm',
    `Neither header nor keyring names the digest ${named(key.id)}`,
    { ...withHeader(names.digest), keyring: only([as(key, { digest: undefined })]) },
  ],
  ['unknown_key', `${unknown} ${named(key.id)}`, { keyring: only(keysOf(other)) }],
  ['unknown_key', `${unknown} ${named(key.id)}`, { keyring: only([as(key, { retiredAt: signedAt - 300_001 })]) }],
  ['unknown_key', `${unknown} ${named(key.id)}`, { event: { rawPath: '/a b' }, keyring: only(keysOf(other)) }],
  [
    'unknown_key',
    `${unknown} ${named('not a UUID')}`,
    { ...withHeader(names.keyId, 'typed'), keyring: only(keysOf(key)) },
  ],
  ['unknown_key', `${unknown} ${named('none')}`, { ...nameless, keyring: only([]) }],
  [
    'keyring_unavailable',
    'The key is not among the loaded ones, and the keyring could not be read again',
    { keyring: keyringWith(keysOf(other), behind) },
  ],
  [
    'digest_mismatch',
    `The key signs with another digest than the one in the header ${named(key.id)}`,
    { ...withHeader(names.digest, 'SHA512'), keyring: only(keysOf(key)) },
  ],
  [
    'malformed_signature',
    `The signature is not as long as the key ${named(key.id)}`,
    { ...withHeader(names.signature, 'AAAA'), keyring: only(keysOf(key)) },
  ],
  [
    'invalid_signature',
    `The signature does not fit this request and this key ${named(key.id)}`,
    { event: forged, keyring: keyringWith(keysOf(key), behind) },
  ],
];

test('every reason is met, but for the account, which is in the body', () => {
  const met = new Set([...refusals.map(([reason]) => reason), 'foreign_account']);
  expect([...met].toSorted()).toEqual([...rejectionReasons, 'keyring_unavailable'].toSorted());
});

test.each(refusals)('%s: %s', async (code, message, parts) => {
  await expect(attempt(parts)).rejects.toMatchObject({ name: 'ReceiverError', code, message });
});

describe('of several keys the problem of the one that came closest counts', () => {
  const long = as(makeKey('SHA256', 1032));
  const ranked: [string, VerificationKey][] = [
    ['unknown_key', as(other, { retiredAt: 0 })],
    ['digest_mismatch', as(other, { digest: 'SHA512' })],
    ['malformed_signature', long],
    ['invalid_signature', as(other)],
  ];
  test.each(ranked)('%s', async (code) => {
    const keys = ranked.map(([, one]) => one).slice(0, ranked.findIndex(([name]) => name === code) + 1);
    for (const ordered of [keys, keys.toReversed()])
      await expect(attempt({ ...nameless, keyring: only(ordered) })).rejects.toMatchObject({ code });
  });
});

describe('what a bad request costs', () => {
  /** Whether the body was decoded, which is the first step of hashing it. */
  async function isBodyRead(keys: VerificationKey[], targets: string[], body = 'AAAA'): Promise<boolean> {
    const signed = httpApiEvent(toWire(webhook, key, new Date(signedAt)));
    const { [names.keyId]: _id, ...headers } = signed.headers;
    const request = parseRequest({ ...signed, headers, body });
    let isRead = false;
    const watched = {
      ...request,
      targets,
      get body() {
        isRead = true;
        return request.body;
      },
    };
    const dependencies = { keyring: only(keys), now: () => signedAt, toleranceSeconds: 900 };
    await expect(authenticate(watched, 'r-1', dependencies)).rejects.toMatchObject({ code: 'invalid_signature' });
    return isRead;
  }

  test.each<[string, boolean, VerificationKey[], string[], string?]>([
    ['with one key and one target', true, keysOf(other), ['/a']],
    ['with two keys', true, keysOf(other, makeKey()), ['/a']],
    ['with two targets', true, keysOf(other), ['/a', '/b']],
    ['with three keys', false, keysOf(other, makeKey(), makeKey()), ['/a']],
    ['with two keys and two targets', false, keysOf(other, makeKey()), ['/a', '/b']],
    ['with a body of 50,000 characters', true, keysOf(other), ['/a'], 'A'.repeat(50_000)],
    ['with a larger body', false, keysOf(other), ['/a'], 'A'.repeat(50_001)],
  ])('its body is hashed once at most, if no key made the signature: %s', async (_what, expected, ...parts) => {
    expect(await isBodyRead(...parts)).toBe(expected);
  });

  test('is no more than ten keys that could have signed', async () => {
    const others = Array.from({ length: 10 }, () => as(other));
    const impossible = Array.from({ length: 12 }, () => as(other, { digest: 'SHA512' }));
    const within = [...impossible, ...others.slice(1), as(key)];
    expect(await attempt({ ...nameless, keyring: keyringWith(within) })).toEqual(verified);
    const beyond = only([...others, as(key)]);
    await expect(attempt({ ...nameless, keyring: beyond })).rejects.toMatchObject({ code: 'invalid_signature' });
  });
});

describe('a probe', () => {
  const probe = as(key);
  const asked = (keys: readonly VerificationKey[], one = probe) =>
    keyringWith(keys, { ...nothingNewer, diagnostics: () => ({ probe: { key: one, until: 0 } }) });

  test('is told from an event', async () => {
    expect(await attempt({ keyring: asked(keysOf(other)) })).toEqual({ ...verified, isProbe: true });
    expect(await attempt({ keyring: asked(keysOf(key)) })).toEqual(verified);
  });

  test.each<[string, Attempt]>([
    ['unknown_key', { event: forged, keyring: asked(keysOf(other)) }],
    ['unknown_key', { keyring: asked(keysOf(other), as(other)) }],
    ['invalid_signature', { ...nameless, keyring: asked(keysOf(other)) }],
    ['unknown_key', { keyring: asked(keysOf(other), as(key, { id: undefined })) }],
  ])('is refused like any request: %s', async (code, parts) => {
    await expect(attempt(parts)).rejects.toMatchObject({ code });
  });
});

test('a keyring that is not to be had is a fault of this side, with its cause', async () => {
  const cause = new Error('no network');
  const keys = () => Promise.reject(new KeyringError('Cannot read the keyring secret', { cause }));
  await expect(attempt({ keyring: keyringWith([], { keys }) })).rejects.toMatchObject({
    name: 'ReceiverError',
    code: 'keyring_unavailable',
    message: 'Cannot read the keyring secret',
    cause,
  });
});

test('an error nobody foresaw stays what it is', async () => {
  const error = new TypeError('unforeseen');
  await expect(attempt({ keyring: keyringWith([], { keys: () => Promise.reject(error) }) })).rejects.toBe(error);
});
