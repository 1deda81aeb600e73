import { afterAll, beforeAll, beforeEach, expect, test } from '@jest/globals';
import { accountOf, keysOfAccount, nameAccount } from '../../../lambda/keys/account-keys.ts';
import { importKeys, readImport } from '../../../lambda/keys/key-import.ts';
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
  await world.rotation(of('B', other)).enable({ atOnce: true });
  expect(await accountOf(other, world.store)).toBe('B');
  await world.api.deleteSignatureKey(unnamed.key_id);
  await expect(accountOf(world.api, world.store)).rejects.toThrow('mmw keys create --account ID');
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

test('an import names the account of a key that is there already, and changes none', () => {
  const key = makeKey();
  const text = JSON.stringify(key.answer);
  const { enabled: _enabled, ...entry } = key.answer;
  expect(importKeys([], readImport(text, { account: 'A' }))).toEqual([{ ...entry, account: 'A' }]);
  expect(importKeys([entry], readImport(text, { account: 'A' }))).toEqual([{ ...entry, account: 'A' }]);
  const named = [{ ...entry, account: 'A' }];
  expect(importKeys(named, readImport(text, { account: 'A' }))).toBe(named);
  expect(importKeys(named, readImport(text))).toBe(named);
  expect(() => importKeys(named, readImport(text, { account: 'B' }))).toThrow(`key ${key.id} is of account A`);
});
