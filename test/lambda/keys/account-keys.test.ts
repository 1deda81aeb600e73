import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { accountOf, keysOfAccount, nameAccount, ownerOf } from '../../../lambda/keys/account-keys.ts';
import { parseKeyring } from '../../../lambda/keys/keyring.ts';
import { enableChosenKey } from '../../../lambda/keys/manual-changes.ts';
import { createProvider, type Provider } from '../../../lambda/messagemedia/client.ts';
import { type ProviderSimulator, startProvider } from '../../../sandbox/messagemedia/server.ts';
import { makeKey } from '../../support.ts';
import { World } from './rotation-world.ts';

let world: World;
let otherProvider: ProviderSimulator;
let other: Provider;
beforeAll(async () => {
  [world, otherProvider] = await Promise.all([World.start(), startProvider({ modulusLength: 1024, account: 'B' })]);
  const { url, apiKey, apiSecret } = otherProvider;
  other = createProvider({ baseUrl: url, apiKey, apiSecret });
});
afterAll(() => Promise.all([world.close(), otherProvider.close()]));
beforeEach(async () => {
  for (const api of [world.api, other]) {
    for (const { key_id } of await api.listSignatureKeys()) await api.deleteSignatureKey(key_id);
  }
  world.secrets.put('keyring', '{"keys":[]}');
});

const entries = async () => (await world.store.read()) ?? [];
const ofB = async () => (await entries()).filter(({ account }) => account === 'B');
const of = (account: string | undefined, api = world.api) => ({ api, store: keysOfAccount(world.store, account) });

test('a rotation of one account changes no key of another', async () => {
  const [a, b] = [world.rotation(of('A')), world.rotation(of('B', other))];
  const first = await a.create();
  await a.enable({ keyId: first, atOnce: true });
  const retired = await b.create();
  await b.enable({ keyId: retired, atOnce: true });
  const enabled = await b.create();
  await b.enable({ keyId: enabled, atOnce: true });
  const pending = await b.create();
  const before = await ofB();
  await a.run();
  expect(await ofB()).toEqual(before);
  expect(otherProvider.signingKey()?.id).toBe(enabled);
  expect((await other.listSignatureKeys()).map(({ key_id }) => key_id)).toEqual([retired, enabled, pending]);
  const second = world.provider.signingKey()?.id;
  expect(second).not.toBe(first);
  expect((await entries()).filter(({ account }) => account === 'A')).toMatchObject([
    { key_id: first, retired_at: expect.any(String), deleted_at: expect.any(String) },
    { key_id: second, enabled_at: expect.any(String) },
  ]);
  await enableChosenKey(world.keys(of('A')), String(second));
  expect(await ofB()).toEqual(before);
});

test('the account of credentials is that of their keys in the keyring', async () => {
  const unnamed = await world.api.createSignatureKey('SHA256');
  await world.store.update((all) => [...all, unnamed]);
  expect(await accountOf(world.api, world.store)).toBeUndefined();
  await world.rotation(of('B', other)).create();
  expect(await accountOf(world.api, world.store)).toBeUndefined();
  expect(await accountOf(other, world.store)).toBe('B');
  expect(await ownerOf(other, String(world.secrets.get('keyring')))).toEqual({ account: 'B', others: new Set() });
  expect(await ownerOf(world.api, String(world.secrets.get('keyring')))).toEqual({
    account: undefined,
    others: new Set(['B']),
  });
  await world.rotation(of('B', other)).enable({ atOnce: true });
  expect(await accountOf(other, world.store)).toBe('B');
  await world.api.deleteSignatureKey(unnamed.key_id);
  await expect(accountOf(world.api, world.store)).rejects.toThrow(
    'Keys in the keyring name accounts, and it has no key of the account of these credentials: create its first key with "mmw keys create --account ID"',
  );
});

test('the keys of an account are no others, and what does not change them is not written', async () => {
  const [mine, theirs] = [makeKey().answer, { ...makeKey().answer, account: 'B' }];
  await world.store.update(() => [theirs, mine]);
  const before = world.secrets.get('keyring');
  const store = keysOfAccount(world.store, undefined);
  expect(await store.read()).toEqual([mine]);
  expect(await store.read(randomUUID())).toBeUndefined();
  await store.update((entries) => entries);
  expect(world.secrets.get('keyring')).toBe(before);
  await store.update((entries) => [...entries]);
  expect(await entries()).toEqual([theirs, mine]);
  expect((await entries())[1]).not.toHaveProperty('account');
  await keysOfAccount(world.store, 'B').update((some) => [...some, makeKey().answer]);
  expect((await entries()).map(({ account }) => account)).toEqual([undefined, 'B', 'B']);
});

describe('naming the account of credentials', () => {
  const named = async () => (await entries()).map(({ key_id, account }) => [key_id, account]);

  test('names the keys that MessageMedia has for them, and no other', async () => {
    const [mine, theirs] = [await world.api.createSignatureKey('SHA256'), await other.createSignatureKey('SHA256')];
    const deleted = { ...makeKey().answer, deleted_at: '2026-11-24T00:00:00Z' };
    await world.store.update(() => [mine, theirs, deleted]);
    await nameAccount(world.api, world.store, 'A');
    expect(await named()).toEqual([
      [mine.key_id, 'A'],
      [theirs.key_id, undefined],
      [deleted.key_id, undefined],
    ]);
    const before = world.secrets.get('keyring');
    await nameAccount(world.api, world.store, 'A');
    expect(world.secrets.get('keyring')).toBe(before);
    await expect(nameAccount(world.api, world.store, 'C')).rejects.toThrow('the keyring says account A');
  });

  test('names deleted keys too if no key can be of another account', async () => {
    const mine = await world.api.createSignatureKey('SHA256');
    const deleted = { ...makeKey().answer, deleted_at: '2026-11-24T00:00:00Z' };
    await world.store.update(() => [deleted, mine]);
    await nameAccount(world.api, world.store, 'A');
    expect(await named()).toEqual([
      [deleted.key_id, 'A'],
      [mine.key_id, 'A'],
    ]);
  });

  test('is refused for a key without an id, until it is imported with both', async () => {
    const { key_id: _id, ...pasted } = makeKey().answer;
    const { key_id } = await other.createSignatureKey('SHA256');
    await other.enableSignatureKey(key_id);
    await world.store.update(() => [pasted]);
    const before = world.secrets.get('keyring');
    await expect(nameAccount(other, world.store, 'B')).rejects.toThrow('import it again, with --key-id and --account');
    expect(world.secrets.get('keyring')).toBe(before);
    await world.store.update((all) => [...all, { ...pasted, key_id: 'a', account: 'A' }]);
    await nameAccount(other, world.store, 'B');
    expect(parseKeyring(String(world.secrets.get('keyring'))).keys.map(({ account }) => account)).toEqual(['A', 'A']);
  });
});

test('a keyring with an entry that cannot be read says whose lists these are, as the receiver reads it', async () => {
  const mine = await world.api.createSignatureKey('SHA256');
  const broken = { key_id: 'half', public_key: null };
  expect(await ownerOf(world.api, JSON.stringify({ keys: [{ ...mine, account: 'A' }, broken] }))).toEqual({
    account: 'A',
    others: new Set(),
  });
  // Without accounts nothing depends on the keyring.
  for (const secret of ['', 'rubbish', JSON.stringify({ keys: [mine, broken] })]) {
    expect(await ownerOf(world.api, secret)).toBeUndefined();
  }
});

test('one public key is never written for two accounts', async () => {
  const key = makeKey();
  const again = makeKey();
  await world.store.update(() => [{ ...key.answer, account: 'A' }]);
  const spoil = () => [
    { ...key.answer, account: 'A' },
    { ...again.answer, public_key: key.answer.public_key, account: 'B' },
  ];
  const before = world.secrets.get('keyring');
  await expect(world.store.update(spoil)).rejects.toThrow(
    `Key ${key.id} of account A would be a key of account B too. Nothing was changed.`,
  );
  expect(world.secrets.get('keyring')).toBe(before);
  // What somebody wrote by hand does not block the change that mends it.
  world.secrets.put('keyring', JSON.stringify({ keys: spoil() }));
  await world.store.update((all) => all.map((entry) => ({ ...entry, created: '' })));
  await world.store.update(([first]) => (first ? [first] : []));
  expect(await entries()).toHaveLength(1);
});
