import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, expect, test } from '@jest/globals';
import { accountOf, keysOfAccount, nameAccount, ownerOf } from '../../../lambda/keys/account-keys.ts';
import { enableChosenKey } from '../../../lambda/keys/manual-changes.ts';
import { createProvider, type Provider } from '../../../lambda/provider/provider.ts';
import { type ProviderSimulator, startProvider } from '../../../sandbox/provider/provider.ts';
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
  expect(await ownerOf(other, world.store)).toEqual({ account: 'B', others: new Set() });
  expect(await ownerOf(world.api, world.store)).toEqual({ account: undefined, others: new Set(['B']) });
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

test('keys that MessageMedia has for the credentials get their account, and no other key does', async () => {
  const [mine, theirs] = [await world.api.createSignatureKey('SHA256'), await other.createSignatureKey('SHA256')];
  const { key_id: _id, ...pasted } = await world.api.createSignatureKey('SHA512');
  await world.api.enableSignatureKey(_id);
  await world.store.update(() => [mine, theirs, pasted]);
  await nameAccount(world.api, world.store, 'A');
  expect((await entries()).map(({ key_id, account }) => [key_id, account])).toEqual([
    [mine.key_id, 'A'],
    [theirs.key_id, undefined],
    [_id, 'A'],
  ]);
  const before = world.secrets.get('keyring');
  await nameAccount(world.api, world.store, 'A');
  expect(world.secrets.get('keyring')).toBe(before);
  await expect(nameAccount(world.api, world.store, 'C')).rejects.toThrow('the keyring says account A');
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
