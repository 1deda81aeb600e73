import { generateKeyPairSync } from 'node:crypto';
import { beforeEach, describe, expect, test } from '@jest/globals';
import { isTooLateFor, keysFor, ownerOf, parseKeyring, type VerificationKey } from '../../../lambda/keys/keyring.ts';
import { createKeyring, type KeyringCache } from '../../../lambda/keys/keyring-cache.ts';
import { KeyringError } from '../../../lambda/keys/keyring-secret.ts';
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

  test('may be empty, which is worth a warning', () => {
    const warnings = ['the keyring is empty: every webhook is refused until it holds a public key'];
    expect(parseKeyring('{"keys":[]}')).toEqual({ keys: [], warnings, diagnostics: {} });
  });

  test.each([
    [{ key_id: ` ${first.id}\n` }, { id: first.id }],
    [{ key_id: ' ' }, { id: undefined }],
    [{ key_id: null }, { id: undefined }],
    [{ digest: null }, { digest: undefined }],
    [{ cipher: null }, {}],
    [{ cipher: 'rsa' }, {}],
  ])('is read with %j', (fields, expected) => {
    const { keys, warnings } = parseKeyring(JSON.stringify({ ...first.answer, ...fields }));
    expect(keys).toMatchObject([{ id: first.id, digest: 'SHA256', ...expected }]);
    expect(warnings).toEqual([]);
  });

  test('names the account of each key', () => {
    const entries = [
      { ...first.answer, account: 'A' },
      { ...second.answer, account: null },
    ];
    const { keys, warnings } = parseKeyring(JSON.stringify({ keys: entries }));
    expect(keys.map(({ account }) => account)).toEqual(['A', undefined]);
    const refused = 'names no account although others do: with it an event that names one of theirs is refused';
    expect(warnings).toEqual([`key ${second.id} ${refused}`]);
    const pasted = { keys: [{ ...first.answer, account: 'A' }, { public_key: second.answer.public_key }] };
    expect(parseKeyring(JSON.stringify(pasted)).warnings).toEqual([`key without an id ${refused}`]);
    expect(ownerOf(keys[0] as VerificationKey, keys)).toEqual({ account: 'A', others: new Set() });
    expect(ownerOf(keys[1] as VerificationKey, keys)).toEqual({ account: undefined, others: new Set(['A']) });
  });

  test.each([undefined, null, ''])('names no account with %j', (account) => {
    const { keys } = parseKeyring(JSON.stringify({ ...first.answer, account }));
    expect(keys[0]).not.toHaveProperty('account');
    expect(ownerOf(keys[0] as VerificationKey, keys)).toBeUndefined();
  });

  test('does not take one key for two accounts', () => {
    const entries = [
      { ...first.answer, account: 'A' },
      { ...first.answer, key_id: second.id, account: 'B' },
      { ...first.answer, key_id: 'again', account: 'A' },
      { ...second.answer, key_id: 'other', account: 'B' },
    ];
    const { keys, warnings } = parseKeyring(JSON.stringify({ keys: entries }));
    expect(keys.map(({ id, account }) => [id, account])).toEqual([
      [first.id, 'A'],
      ['again', 'A'],
      ['other', 'B'],
    ]);
    expect(warnings).toEqual(['key 2 of 4 is skipped: it is the key of account A, so it cannot be that of B as well']);
    expect(ownerOf(keys[1] as VerificationKey, keys)).toEqual({ account: 'A', others: new Set(['B']) });
  });

  test.each([0, 1])('knows the account of a key that it holds twice: %j', (turn) => {
    const entries = [first.answer, { ...first.answer, key_id: second.id, account: 'A' }];
    if (turn) entries.reverse();
    const { keys, warnings } = parseKeyring(JSON.stringify({ keys: entries }));
    expect(keys.map(({ account }) => account)).toEqual(['A', 'A']);
    expect(warnings).toEqual([]);
  });

  const ec = generateKeyPairSync('ec', { namedCurve: 'P-256' }).publicKey.export({ type: 'spki', format: 'der' });
  const base64 = first.answer.public_key;
  const pkcs8 = first.privateKey.export({ type: 'pkcs8', format: 'pem' });
  const strange = ['%%%', `%${base64}`, `${base64}%`, `${base64}===`, pem.replace(/-----END.*/s, '')];
  test.each<[why: string, entries: unknown[]]>([
    ['it is not an object', ['key', null]],
    ['public_key is not a string', [{ key_id: first.id }]],
    ['key_id is not a string', [{ public_key: base64, key_id: 7 }]],
    ['cipher is not RSA', ['EC', 7].map((cipher) => ({ public_key: base64, cipher }))],
    ['account is not text without spaces', [7, 'a b'].map((account) => ({ public_key: base64, account }))],
    ['digest is not SHA224, SHA256 or SHA512', ['SHA1', ['SHA256']].map((digest) => ({ public_key: base64, digest }))],
    ['public_key is neither base64 nor PEM', strange.map((public_key) => ({ public_key }))],
    ['public_key does not decode to a public key', [{ public_key: base64.slice(0, 100) }]],
    ['it is a ec key, not RSA', [{ public_key: ec.toString('base64') }]],
    ['it is a PRIVATE KEY, not a public key', [{ public_key: pkcs8 }]],
  ])('skips one broken key with a warning: %s', (why, entries) => {
    for (const entry of entries) {
      const { keys, warnings } = parseKeyring(JSON.stringify({ keys: [second.answer, entry] }));
      expect(keys.map(({ id }) => id)).toEqual([second.id]);
      expect(warnings).toEqual([`key 2 of 2 is skipped: ${why}`]);
    }
  });

  test('says of each key why there is none', () => {
    expect(() => parseKeyring('{"keys":["a",{}]}')).toThrow(
      new KeyringError(
        'The keyring secret yields no key: ' +
          'key 1 of 2 is skipped: it is not an object; key 2 of 2 is skipped: public_key is not a string',
      ),
    );
  });

  test.each([
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

  test('warns of a key below 2048 bits, unless it signs no longer', () => {
    const weak = makeKey('SHA224', 1024);
    const nameless = { public_key: weak.answer.public_key };
    const retired = { ...weak.answer, retired_at: '2026-11-24T00:00:00.000Z' };
    expect(parseKeyring(JSON.stringify({ keys: [weak.answer, retired, nameless] })).warnings).toEqual([
      `key ${weak.id} has 1024 bits: create one with at least 2048`,
      'key 3 has 1024 bits: create one with at least 2048',
    ]);
  });

  test('warns when it fills up', () => {
    const secret = keyringOf(first);
    expect(parseKeyring(secret.padEnd(52_428)).warnings).toEqual([]);
    expect(parseKeyring(secret.padEnd(52_429)).warnings).toEqual([
      'the keyring has 52429 of the 65536 bytes of a secret: see "mmw keys forget"',
    ]);
  });

  test('may ask for a probe and for captures, until a time', () => {
    const until = '2026-11-24T00:00:00.000Z';
    const { key_id, public_key, digest } = second.answer;
    const asked = { probe: { key_id, public_key, digest, until }, capture: { id: 'c', count: 3, until } };
    const { diagnostics } = parseKeyring(JSON.stringify({ keys: [first.answer], ...asked }));
    expect(diagnostics).toMatchObject({
      probe: { key: { id: second.id, digest: 'SHA512' }, until: Date.parse(until) },
      capture: { id: 'c', count: 3, until: Date.parse(until) },
    });
    asked.probe.public_key = 'AAAA';
    expect(parseKeyring(JSON.stringify({ keys: [first.answer], ...asked })).diagnostics).toEqual({
      capture: { id: 'c', count: 3, until: Date.parse(until) },
    });
  });
});

test('a request gets the keys of its id, else those without one, and all of them if it names none', () => {
  const { keys } = parseKeyring(keyringOf(first, second));
  const bare = parseKeyring(pem).keys;
  expect(keysFor(second.id.toUpperCase(), [...keys, ...bare])).toEqual([keys[1]]);
  expect(keysFor('other', [...keys, ...bare])).toEqual(bare);
  expect(keysFor('other', keys)).toEqual([]);
  expect(keysFor(undefined, [...keys, ...bare])).toEqual([...keys, ...bare]);
});

describe('a keyring', () => {
  let secret: string | Error;
  let time: number;
  let loads: number;
  let warnings: string[];
  let causes: unknown[];
  let keyring: KeyringCache;

  beforeEach(() => {
    secret = keyringOf(first);
    time = 1_000_000;
    loads = 0;
    warnings = [];
    causes = [];
    keyring = createKeyring({
      load: async () => {
        loads++;
        if (secret instanceof Error) throw secret;
        return secret;
      },
      now: () => time,
      warn: (message, cause) => {
        warnings.push(message);
        causes.push(cause);
      },
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

  test('gives a new key at once to all who miss it, and without a load to those who come later', async () => {
    const seen = await keyring.keys();
    secret = keyringOf(first, second);
    const newer = await Promise.all(Array.from({ length: 10 }, () => keyring.newerThan(seen)));
    for (const keys of [...newer, await keyring.newerThan(seen)])
      expect(keys?.map(({ id }) => id)).toEqual([first.id, second.id]);
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
    expect(warnings).toEqual(['cannot read the keyring: using the keys that are loaded']);
    expect(causes).toEqual([new Error('down')]);
    secret = keyringOf(second);
    time += 3_000;
    expect(await ids()).toEqual([second.id]);
  });

  test('is behind from a load that fails to the next one that does not', async () => {
    const behind = [keyring.isBehind()];
    for (const next of [secret, new Error('down'), secret]) {
      secret = next;
      await keyring.keys();
      behind.push(keyring.isBehind());
      time += 5 * 60_000;
    }
    expect(behind).toEqual([false, false, true, false]);
  });

  test('goes on with the keys in hand when the secret has become unreadable', async () => {
    await keyring.keys();
    secret = 'rubbish';
    time += 5 * 60_000;
    expect(await ids()).toEqual([first.id]);
  });

  test('that was never loaded is unavailable, and a failed load is not taken for one', async () => {
    secret = new Error('down');
    const message = 'Cannot read the keyring secret';
    await expect(keyring.keys()).rejects.toMatchObject({ name: 'KeyringError', message, cause: secret });
    expect(warnings).toEqual(['cannot read the keyring']);
    await expect(keyring.keys()).rejects.toMatchObject({ name: 'KeyringError' });
    secret = keyringOf(first);
    expect(await ids()).toEqual([first.id]);
    expect(loads).toBe(3);
  });

  test('that cannot be understood says what is wrong with it', async () => {
    secret = '{"keys":{}}';
    await expect(keyring.keys()).rejects.toThrow(new KeyringError('In the keyring secret, "keys" is not a list'));
  });

  test('is loaded by whoever misses a key before anybody asked for one', async () => {
    expect(await keyring.newerThan([])).toHaveLength(1);
  });

  test('says what is asked of the function until its time is over', async () => {
    const asked = { id: 'c', count: 1, until: new Date(time + 2).toISOString() };
    secret = JSON.stringify({ keys: [first.answer], capture: asked });
    expect(keyring.diagnostics()).toEqual({});
    await keyring.keys();
    time += 1;
    expect(keyring.diagnostics()).toEqual({ capture: { ...asked, until: time + 1 } });
    time += 1;
    expect(keyring.diagnostics()).toEqual({});
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
