import { beforeEach, describe, expect, test } from '@jest/globals';
import type { KeyringEntry } from '../../../lambda/keys/keyring-secret.ts';
import {
  createEnabledKey,
  enableChosenKey,
  expectForgettable,
  expectNoOtherDigest,
  forgetKey,
  importKeys,
  readImport,
} from '../../../lambda/keys/manual-changes.ts';
import { makeKey } from '../../support.ts';
import { World } from './rotation-world.ts';

let world: World;
beforeEach(() => {
  world = new World();
});

const enabledId = () => world.provider.signingKey()?.id;
const entries = () => world.store.entries;

test('no key is created while one with another digest waits to be enabled', async () => {
  await expectNoOtherDigest(world.store, 'SHA512');
  const keyId = await world.rotation().create();
  await expectNoOtherDigest(world.store, 'SHA256');
  const refusal = `Key ${keyId} (SHA256) waits to be enabled: enable or delete it before you create another.`;
  await expect(expectNoOtherDigest(world.store, 'SHA512')).rejects.toThrow(refusal);
});

test('a key is created and enabled at once, without a wait', async () => {
  const old = await createEnabledKey(world.rotation());
  const before = world.time;
  expect(await createEnabledKey(world.rotation())).toBe(enabledId());
  expect(enabledId()).not.toBe(old);
  expect(world.time).toBe(before);
});

test('a created key that somebody else deletes before it is enabled is told, and the old key signs', async () => {
  const old = await createEnabledKey(world.rotation());
  const rotation = world.rotation();
  const create = async () => {
    const keyId = await rotation.create();
    await enableChosenKey(world.keys(), old);
    return keyId;
  };
  await expect(createEnabledKey({ ...rotation, create })).rejects.toThrow(
    /^Key \S+ was created but is not enabled: meanwhile another was chosen, or it was deleted\.$/,
  );
  expect(enabledId()).toBe(old);
});

test('choosing a key names the keys whose rotation it abandons, and not itself', async () => {
  const old = await createEnabledKey(world.rotation());
  const waiting = await world.rotation().create();
  expect(await enableChosenKey(world.keys(), old)).toEqual([waiting]);
  expect(await enableChosenKey(world.keys(), old)).toEqual([]);
  const next = await world.rotation().create();
  expect(await enableChosenKey(world.keys(), next)).toEqual([]);
  expect(enabledId()).toBe(next);
});

test('a key is forgotten for good, and all others stay', async () => {
  const old = await createEnabledKey(world.rotation());
  const enabled = await createEnabledKey(world.rotation());
  await expectForgettable(world.keys(), old);
  await forgetKey(world.keys(), old.toUpperCase());
  expect(entries()).toMatchObject([{ key_id: enabled }]);
  await expect(expectForgettable(world.keys(), old)).rejects.toThrow(`The keyring has no key ${old}`);
});

test.each([['when it is asked about', expectForgettable] as const, ['when it is done', forgetKey] as const])(
  'the enabled key cannot be forgotten: %s',
  async (_, act) => {
    const enabled = await createEnabledKey(world.rotation());
    const before = entries();
    await expect(act(world.keys(), enabled)).rejects.toThrow(`Key ${enabled} is enabled: without it every webhook`);
    expect(entries()).toEqual(before);
  },
);

const [first, second] = [makeKey(), makeKey()];
const bare = first.answer.public_key;
const textOf = (...keys: unknown[]) => JSON.stringify({ keys });
const importedOf = (text: string, keyId?: string) => readImport(text, { keyId }).map(({ entry }) => entry);

describe('a key to import', () => {
  test('keeps its fields but those of a key that waits to be enabled', () => {
    const { enabled: _enabled, ...answer } = first.answer as KeyringEntry & { enabled?: boolean };
    const waiting = { ...answer, enabled: true, pending_since: '2026-11-24T00:00:00Z', replaces: 'k', more: 1 };
    expect(importedOf(textOf(waiting, second.answer))).toEqual([
      { ...answer, more: 1 },
      expect.objectContaining({ key_id: second.id }),
    ]);
    expect(readImport(textOf(waiting))[0]?.key.key.equals(first.publicKey)).toBe(true);
  });

  test('has its id without white space, or the id that is given, or none', () => {
    expect(importedOf(textOf({ ...first.answer, key_id: ` ${first.id} ` }))).toMatchObject([{ key_id: first.id }]);
    expect(importedOf(bare)).toEqual([{ public_key: bare }]);
    expect(importedOf(bare, first.id)).toEqual([{ public_key: bare, key_id: first.id }]);
    expect(importedOf(textOf(first.answer), first.id)).toMatchObject([{ key_id: first.id }]);
  });

  test.each([
    [textOf(first.answer), second.id],
    [textOf({ public_key: bare }, second.answer), second.id],
    [textOf({ public_key: bare }, { public_key: second.answer.public_key }), second.id],
  ])('is given an id only if it is alone and has none', (text, keyId) => {
    expect(() => readImport(text, { keyId })).toThrow(
      '--key-id is only for a single key that has no id in the file. Nothing was imported.',
    );
  });

  test.each([
    [textOf(), 'the keyring is empty: every webhook is refused until it holds a public key'],
    [textOf('a', { public_key: 'rubbish' }, first.answer), 'key 1 of 3 is skipped: it is not an object; key 2 of 3 is'],
  ])('is one that a receiver can use, as all of its file: %s', (text, why) => {
    expect(() => readImport(text)).toThrow(`Nothing was imported: ${why}`);
  });
});

describe('a keyring with imported keys', () => {
  const broken = { key_id: 'b', public_key: 'rubbish' };
  const entries: KeyringEntry[] = [broken, { ...first.answer, created: 'then' }];

  test('has what is new behind what it had', () => {
    const imported = readImport(textOf(first.answer, second.answer));
    expect(importKeys(entries, imported)).toEqual([...entries, imported[1]?.entry]);
  });

  test('is the same one if nothing is new, under an id or without one', () => {
    expect(importKeys(entries, readImport(textOf(first.answer)))).toBe(entries);
    expect(importKeys(entries, readImport(bare))).toBe(entries);
  });

  test('has a key without an id that no entry holds', () => {
    expect(importKeys(entries, readImport(second.answer.public_key))).toHaveLength(3);
  });

  test.each([first.id, 'b'])('has one public key under an id: %s', (id) => {
    expect(() => importKeys(entries, readImport(second.answer.public_key, { keyId: id }))).toThrow(
      `The keyring has another public key under the id ${id}. Nothing was imported.`,
    );
  });
});

describe('the account of an imported key', () => {
  const { enabled: _enabled, ...entry } = first.answer;
  const imported = (account?: string) => readImport(textOf(first.answer), { account });
  const named = [{ ...entry, account: 'A' }];

  test('is as the option says', () => {
    expect(importKeys([], imported('A'))).toEqual(named);
    expect(importKeys([], imported())).toEqual([entry]);
  });

  test('is added to a key that is there, and to no other', () => {
    const { enabled: _other, ...other } = second.answer;
    expect(importKeys([other, entry], imported('A'))).toEqual([other, ...named]);
  });

  test('is never changed', () => {
    expect(importKeys(named, imported('A'))).toBe(named);
    expect(importKeys(named, imported())).toBe(named);
    expect(() => importKeys(named, imported('B'))).toThrow(
      `The keyring says that key ${first.id} is of account A. Nothing was imported.`,
    );
  });
});
