import { beforeEach, describe, expect, test } from '@jest/globals';
import { accountOf, keysOfAccount, nameAccount, ownerOf } from '../../../lambda/keys/account-keys.ts';
import { parseKeyring } from '../../../lambda/keys/keyring.ts';
import { type KeyringEntry, writeEntries } from '../../../lambda/keys/keyring-secret.ts';
import { enableChosenKey } from '../../../lambda/keys/manual-changes.ts';
import { makeKey } from '../../support.ts';
import { ModelProvider } from '../model-provider.ts';
import { World } from './rotation-world.ts';

let world: World;
let other: ModelProvider;
beforeEach(() => {
  world = new World();
  other = new ModelProvider(() => world.time);
});

const entries = () => world.store.entries;
const put = (...keys: KeyringEntry[]) => {
  world.store.entries = keys;
};
const ofB = () => entries().filter(({ account }) => account === 'B');
const of = (account: string, provider = world.api) => ({ provider, keyring: keysOfAccount(world.store, account) });
const deleted = { ...makeKey().answer, deleted_at: '2026-11-24T00:00:00Z' };

test('a rotation of one account changes no key of another', async () => {
  const [a, b] = [world.rotation(of('A')), world.rotation(of('B', other.api))];
  const first = await a.create();
  await a.enable({ keyId: first, atOnce: true });
  const retired = await b.create();
  await b.enable({ keyId: retired, atOnce: true });
  const enabled = await b.create();
  await b.enable({ keyId: enabled, atOnce: true });
  const pending = await b.create();
  const before = ofB();
  await a.run();
  expect(ofB()).toEqual(before);
  expect(other.signingKey()?.id).toBe(enabled);
  expect((await other.api.listSignatureKeys()).map(({ key_id }) => key_id)).toEqual([retired, enabled, pending]);
  const second = world.provider.signingKey()?.id;
  expect(second).not.toBe(first);
  expect(entries().filter(({ account }) => account === 'A')).toMatchObject([
    { key_id: first, retired_at: expect.any(String), deleted_at: expect.any(String) },
    { key_id: second, enabled_at: expect.any(String) },
  ]);
  await enableChosenKey(world.keys(of('A')), String(second));
  expect(ofB()).toEqual(before);
});

test('the account of credentials is that of their keys in the keyring', async () => {
  const unnamed = await world.api.createSignatureKey('SHA256');
  put(unnamed);
  expect(await accountOf(world.api, world.store)).toBeUndefined();
  await world.rotation(of('B', other.api)).create();
  expect(await accountOf(world.api, world.store)).toBeUndefined();
  expect(await accountOf(other.api, world.store)).toBe('B');
  expect(await ownerOf(other.api, writeEntries(entries()))).toEqual({ account: 'B', others: new Set() });
  expect(await ownerOf(world.api, writeEntries(entries()))).toEqual({ account: undefined, others: new Set(['B']) });
  await world.rotation(of('B', other.api)).enable({ atOnce: true });
  expect(await accountOf(other.api, world.store)).toBe('B');
  await world.api.deleteSignatureKey(unnamed.key_id);
  await expect(accountOf(world.api, world.store)).rejects.toThrow(
    'Keys in the keyring name accounts, and it has no key of the account of these credentials: create its first key with "mmw keys create --account ID"',
  );
});

test('the keys of an account are no others, and what does not change them is not written', async () => {
  const [mine, theirs] = [makeKey().answer, { ...makeKey().answer, account: 'B' }];
  put(theirs, mine);
  const before = entries();
  const store = keysOfAccount(world.store, undefined);
  expect(await store.read()).toEqual([mine]);
  expect(await keysOfAccount({ ...world.store, read: async () => undefined }, 'B').read('empty')).toBeUndefined();
  await store.update((some) => some);
  expect(entries()).toBe(before);
  await store.update((some) => [...some]);
  expect(entries()).toStrictEqual([theirs, mine]);
  await keysOfAccount(world.store, 'B').update((some) => [...some, makeKey().answer]);
  expect(entries().map(({ account }) => account)).toEqual([undefined, 'B', 'B']);
});

describe('naming the account of credentials', () => {
  const named = () => entries().map(({ key_id, account }) => [key_id, account]);

  test('names the keys that MessageMedia has for them, and no other', async () => {
    const [mine, theirs] = [await world.api.createSignatureKey('SHA256'), await other.api.createSignatureKey('SHA256')];
    put(mine, theirs, deleted);
    await nameAccount(world.api, world.store, 'A');
    expect(named()).toEqual([
      [mine.key_id, 'A'],
      [theirs.key_id, undefined],
      [deleted.key_id, undefined],
    ]);
    const before = entries();
    await nameAccount(world.api, world.store, 'A');
    expect(entries()).toBe(before);
    await expect(nameAccount(world.api, world.store, 'C')).rejects.toThrow('the keyring says account A');
  });

  test('names deleted keys too if no key can be of another account', async () => {
    const mine = await world.api.createSignatureKey('SHA256');
    put(deleted, mine);
    await nameAccount(world.api, world.store, 'A');
    expect(named()).toEqual([
      [deleted.key_id, 'A'],
      [mine.key_id, 'A'],
    ]);
  });

  test('is refused for a key without an id, until it is imported with both', async () => {
    const { key_id: _id, ...pasted } = makeKey().answer;
    put(pasted);
    const before = entries();
    await expect(nameAccount(other.api, world.store, 'B')).rejects.toThrow(
      'import it again, with --key-id and --account',
    );
    expect(entries()).toBe(before);
    put(pasted, { ...pasted, key_id: 'a', account: 'A' });
    await nameAccount(other.api, world.store, 'B');
    expect(parseKeyring(writeEntries(entries())).keys.map(({ account }) => account)).toEqual(['A', 'A']);
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
