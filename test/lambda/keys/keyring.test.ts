import { generateKeyPairSync } from 'node:crypto';
import { beforeEach, describe, expect, test } from '@jest/globals';
import { isTooLateFor, parseKeyring } from '../../../lambda/keys/keyring.ts';
import { createKeyring, type Keyring } from '../../../lambda/keys/keyring-cache.ts';
import { keyringOf, makeKey } from '../../support.ts';

const first = makeKey('SHA256', 2048);
const second = makeKey('SHA512', 2048);
const pem = first.publicKey.export({ type: 'spki', format: 'pem' }).toString();

describe('a keyring secret', () => {
  test('lists keys', () => {
    const { keys, warnings } = parseKeyring(keyringOf(first, second));
    expect(keys.map(({ id, digest }) => [id, digest])).toEqual([
      [first.id, 'SHA256'],
      [second.id, 'SHA512'],
    ]);
    expect(keys[0]?.key.equals(first.publicKey)).toBe(true);
    expect(warnings).toEqual([]);
  });

  test('may be one answer of the create-key call, as is', () => {
    const { keys } = parseKeyring(JSON.stringify({ ...first.answer, digest: 'SHA-256' }, null, 2));
    expect(keys).toMatchObject([{ id: first.id, digest: 'SHA256' }]);
  });

  test.each([
    ['base64', first.answer.public_key],
    ['base64 in lines', `${first.answer.public_key.replace(/.{64}/g, '$&\n')}\n`],
    ['PEM', pem],
    ['PEM with Windows line ends', pem.replaceAll('\n', '\r\n')],
    ['PEM on one line', pem.replaceAll('\n', ' ')],
    ['PEM with escaped line ends', pem.replaceAll('\n', '\\n')],
    ['PKCS#1 PEM', first.publicKey.export({ type: 'pkcs1', format: 'pem' }).toString()],
    ['base64 behind a byte order mark', `\ufeff${first.answer.public_key}`],
  ])('may be a bare public key: %s', (_form, secret) => {
    const { keys, warnings } = parseKeyring(secret);
    expect(keys).toMatchObject([{ id: undefined, digest: undefined }]);
    expect(keys[0]?.key.equals(first.publicKey)).toBe(true);
    expect(warnings).toEqual([]);
  });

  test('may hold PEM in its list', () => {
    expect(parseKeyring(JSON.stringify({ keys: [{ key_id: first.id, public_key: pem }] })).keys).toHaveLength(1);
  });

  test('may be empty, which is worth a warning', () => {
    expect(parseKeyring('{"keys":[]}')).toMatchObject({ keys: [], warnings: [expect.stringContaining('empty')] });
  });

  const ec = generateKeyPairSync('ec', { namedCurve: 'P-256' }).publicKey.export({ type: 'spki', format: 'der' });
  const broken = {
    'not an object': 'key',
    null: null,
    'no public key': { key_id: first.id },
    'public key cut short': { ...first.answer, public_key: first.answer.public_key.slice(0, 100) },
    'not base64': { ...first.answer, public_key: '%%%' },
    'not RSA': { ...first.answer, public_key: ec.toString('base64') },
    'a private key': { public_key: first.privateKey.export({ type: 'pkcs8', format: 'pem' }) },
    'weak digest': { ...first.answer, digest: 'SHA1' },
    'other cipher': { ...first.answer, cipher: 'EC' },
    'odd id': { ...first.answer, key_id: 7 },
  };

  test.each(Object.entries(broken))('skips one broken key with a warning: %s', (_what, entry) => {
    const { keys, warnings } = parseKeyring(JSON.stringify({ keys: [entry, second.answer] }));
    expect(keys.map(({ id }) => id)).toEqual([second.id]);
    expect(warnings).toEqual([expect.stringMatching(/^key 1 of 2 is skipped: /)]);
  });

  test.each([
    ...Object.entries(broken).map(([what, entry]) => [what, JSON.stringify({ keys: [entry] })]),
    ['an empty object', '{}'],
    ['no list', '{"keys":{}}'],
    ['half JSON', '{"keys"'],
    ['nothing', ''],
    ['a word', 'hello'],
  ])('that yields no key at all is our own fault: %s', (_what, secret) => {
    expect(() => parseKeyring(secret)).toThrow(expect.objectContaining({ name: 'KeyringError' }));
  });

  test('says nothing of its content when it cannot be read', () => {
    const secret = '{"keys":[{"public_key":"TOPSECRET"';
    expect(() => parseKeyring(secret)).toThrow(
      expect.not.objectContaining({ message: expect.stringContaining('TOP') }),
    );
    expect(() => parseKeyring('TOP SECRET')).toThrow(
      expect.not.objectContaining({ message: expect.stringContaining('TOP') }),
    );
  });

  test('warns of a key below 2048 bits', () => {
    expect(parseKeyring(keyringOf(makeKey('SHA224', 1024))).warnings).toEqual([expect.stringContaining('1024 bits')]);
  });
});

describe('a keyring', () => {
  let secret: string | Error;
  let time: number;
  let loads: number;
  let warnings: string[];
  let keyring: Keyring;

  beforeEach(() => {
    secret = keyringOf(first);
    time = 1_000_000;
    loads = 0;
    warnings = [];
    keyring = createKeyring({
      load: async () => {
        loads++;
        if (secret instanceof Error) throw secret;
        return secret;
      },
      now: () => time,
      warn: (message) => warnings.push(message),
    });
  });

  const ids = async () => (await keyring.keys()).map(({ id }) => id);

  test('is loaded once for all who ask at the same time', async () => {
    await Promise.all([keyring.keys(), keyring.keys(), keyring.keys()]);
    expect(loads).toBe(1);
  });

  test('is loaded again after five minutes, not before', async () => {
    await keyring.keys();
    secret = keyringOf(second);
    time += 5 * 60_000 - 1;
    expect(await ids()).toEqual([first.id]);
    time += 1;
    expect(await ids()).toEqual([second.id]);
    expect(loads).toBe(2);
  });

  test('gives a new key at once to whoever misses one', async () => {
    const seen = await keyring.keys();
    secret = keyringOf(first, second);
    expect((await keyring.newerThan(seen))?.map(({ id }) => id)).toEqual([first.id, second.id]);
    expect(loads).toBe(2);
  });

  test('gives what somebody else has fetched meanwhile, without a load', async () => {
    const seen = await keyring.keys();
    secret = keyringOf(second);
    await keyring.newerThan(seen);
    expect((await keyring.newerThan(seen))?.map(({ id }) => id)).toEqual([second.id]);
    expect(loads).toBe(2);
  });

  test('gives a new key to all who miss it at the same time', async () => {
    const seen = await keyring.keys();
    secret = keyringOf(first, second);
    const newer = await Promise.all(Array.from({ length: 10 }, () => keyring.newerThan(seen)));
    expect(newer.map((keys) => keys?.length)).toEqual(Array(10).fill(2));
    expect(loads).toBe(2);
  });

  test('is not refreshed by callers right after a load has failed', async () => {
    const seen = await keyring.keys();
    secret = new Error('down');
    time += 5 * 60_000;
    await keyring.keys();
    expect(await keyring.newerThan(seen)).toBeUndefined();
    expect(loads).toBe(2);
  });

  test('can be made to refresh only every few seconds', async () => {
    const seen = await keyring.keys();
    for (let call = 0; call < 1000; call++) expect(await keyring.newerThan(seen)).toBeUndefined();
    expect(loads).toBe(2);
    time += 3_000;
    await keyring.newerThan(seen);
    expect(loads).toBe(3);
  });

  test('goes on with the keys in hand while the secret cannot be read, and does not try at every request', async () => {
    await keyring.keys();
    secret = new Error('down');
    time += 60 * 60_000;
    for (let call = 0; call < 100; call++) expect(await ids()).toEqual([first.id]);
    expect(loads).toBe(2);
    expect(warnings).toEqual([expect.stringContaining('using the keys that are loaded')]);
    secret = keyringOf(second);
    time += 3_000;
    expect(await ids()).toEqual([second.id]);
  });

  test('goes on with the keys in hand when the secret has become unreadable', async () => {
    await keyring.keys();
    secret = 'rubbish';
    time += 5 * 60_000;
    expect(await ids()).toEqual([first.id]);
  });

  test('that was never loaded is unavailable, and a failed load is not taken for one', async () => {
    secret = new Error('down');
    await expect(keyring.keys()).rejects.toMatchObject({ name: 'KeyringError', cause: secret });
    await expect(keyring.keys()).rejects.toMatchObject({ name: 'KeyringError' });
    secret = keyringOf(first);
    expect(await ids()).toEqual([first.id]);
    expect(loads).toBe(3);
  });

  test('that was emptied refuses everything at its next load, and says so', async () => {
    await keyring.keys();
    secret = '{"keys":[]}';
    time += 5 * 60_000;
    expect(await ids()).toEqual([]);
    expect(warnings).toEqual([expect.stringContaining('empty')]);
  });
});

test('requests that join a load that fails with nothing in hand share one of their own', async () => {
  const first = Promise.withResolvers<string>();
  let loads = 0;
  const load = () => (++loads === 1 ? first.promise : Promise.resolve(keyringOf(makeKey())));
  const keyring = createKeyring({ load, now: () => 0, warn: () => {} });
  const early = keyring.keys();
  const joined = [keyring.keys(), keyring.keys()];
  first.reject(new Error('frozen'));
  await expect(early).rejects.toMatchObject({ name: 'KeyringError' });
  const [one, other] = await Promise.all(joined);
  expect(one).toHaveLength(1);
  expect(other).toBe(one);
  expect(loads).toBe(2);
});

test('a retired key has an end, and one whose end cannot be read has none', () => {
  const [retired, deleted, broken, plain] = [makeKey(), makeKey(), makeKey(), makeKey()];
  const at = '2026-11-24T00:00:00.000Z';
  const secret = JSON.stringify({
    keys: [
      { ...retired.answer, retired_at: at, deleted_at: '2026-11-25T00:00:00.000Z' },
      { ...deleted.answer, deleted_at: at },
      { ...broken.answer, retired_at: 'yesterday' },
      plain.answer,
    ],
  });
  const { keys } = parseKeyring(secret);
  expect(keys.map(({ retiredAt }) => retiredAt)).toEqual([Date.parse(at), Date.parse(at), undefined, undefined]);
  const last = Date.parse(at) + 300_000;
  expect(keys.map((one) => isTooLateFor(one, last))).toEqual([false, false, false, false]);
  expect(keys.map((one) => isTooLateFor(one, last + 1))).toEqual([true, true, false, false]);
});

test('a keyring that fills its secret says so', () => {
  const key = makeKey();
  const keys = Array.from({ length: 150 }, () => key.answer);
  expect(parseKeyring(JSON.stringify({ keys })).warnings.join()).toContain('of the 65,536 bytes of a secret');
});
