import { describe, expect, test } from '@jest/globals';
import type { KeyringEntry } from '../../../lambda/keys/keyring-secret.ts';
import { importKeys, readImport } from '../../../lambda/keys/manual-changes.ts';
import { makeKey } from '../../support.ts';

const [first, second] = [makeKey(), makeKey()];
const bare = first.answer.public_key;
const textOf = (...keys: unknown[]) => JSON.stringify({ keys });
const entriesOf = (text: string, keyId?: string) => readImport(text, { keyId }).map(({ entry }) => entry);

describe('a key to import', () => {
  test('keeps its fields but those of a key that waits to be enabled', () => {
    const { enabled: _enabled, ...answer } = first.answer as KeyringEntry & { enabled?: boolean };
    const waiting = { ...answer, enabled: true, pending_since: '2026-11-24T00:00:00Z', replaces: 'k', more: 1 };
    expect(entriesOf(textOf(waiting, second.answer))).toEqual([
      { ...answer, more: 1 },
      expect.objectContaining({ key_id: second.id }),
    ]);
    expect(readImport(textOf(waiting))[0]?.key.key.equals(first.publicKey)).toBe(true);
  });

  test('has its id without white space, or the id that is given, or none', () => {
    expect(entriesOf(textOf({ ...first.answer, key_id: ` ${first.id} ` }))).toMatchObject([{ key_id: first.id }]);
    expect(entriesOf(bare)).toEqual([{ public_key: bare }]);
    expect(entriesOf(bare, first.id)).toEqual([{ public_key: bare, key_id: first.id }]);
    expect(entriesOf(textOf(first.answer), first.id)).toMatchObject([{ key_id: first.id }]);
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
