import { describe, expect, test } from '@jest/globals';
import {
  expectOneAccount,
  findEntry,
  isDeleted,
  isPending,
  isRetired,
  type KeyringEntry,
  nameEnabled,
  readDiagnostics,
  readEntries,
  sameId,
  secretText,
  writeEntries,
} from '../../../lambda/keys/keyring-secret.ts';
import { makeKey } from '../../support.ts';

const time = '2026-11-24T00:00:00.000Z';
const named = (key_id: string, more: Partial<KeyringEntry> = {}): KeyringEntry => ({
  key_id,
  public_key: 'AAAA',
  ...more,
});
const nameless: KeyringEntry = { public_key: 'BBBB' };

test.each([
  ['text', { SecretString: '{"keys":[]}' }, '{"keys":[]}'],
  ['text and not its bytes', { SecretString: '', SecretBinary: Buffer.from('other') }, ''],
  ['bytes', { SecretBinary: Buffer.from('{"note":"\u00f6"}') }, '{"note":"\u00f6"}'],
])('the text of a secret is its %s', (_what, answer, text) => {
  expect(secretText(answer)).toBe(text);
  expect(() => secretText({})).toThrow(
    'Secrets Manager answered without a value, so what the secret holds is not known',
  );
});

test.each<[KeyringEntry, boolean, boolean, boolean]>([
  [named('a'), false, false, false],
  [named('a', { pending_since: time }), true, false, false],
  [named('a', { retired_at: time }), false, true, false],
  [named('a', { pending_since: time, deleted_at: time }), false, false, true],
  [named('a', { retired_at: time, deleted_at: time }), false, false, true],
  [{ ...nameless, pending_since: time, retired_at: time }, false, false, false],
  [named('', { pending_since: time, retired_at: time }), false, false, false],
])('%j is pending: %j, retired: %j, deleted: %j', (entry, pending, retired, deleted) => {
  expect([isPending(entry), isRetired(entry), isDeleted(entry)]).toEqual([pending, retired, deleted]);
});

describe('a keyring secret', () => {
  test.each<[string, unknown[]]>([
    ['{"keys":[1,{"a":2}]}', [1, { a: 2 }]],
    ['\ufeff \n{"keys":[]}\n', []],
    ['{"key_id":"a"}', [{ key_id: 'a' }]],
    ['{}', [{}]],
    [' AAAA\n', [{ public_key: 'AAAA' }]],
    ['', [{ public_key: '' }]],
  ])('%j holds %j', (secret, entries) => {
    expect(readEntries(secret)).toEqual(entries);
  });

  test.each([
    ['{"keys":[', 'The keyring secret starts like JSON but is not valid JSON'],
    ['{"keys":{}}', 'In the keyring secret, "keys" is not a list'],
    ['{"keys":null}', 'In the keyring secret, "keys" is not a list'],
  ])('%j is an error: %s', (secret, message) => {
    expect(() => readEntries(secret)).toThrow(expect.objectContaining({ name: 'KeyringError', message }));
  });

  test('is written with what is asked of the function beside its keys', () => {
    expect(writeEntries([nameless])).toBe('{"keys":[{"public_key":"BBBB"}]}');
    const capture = { id: 'c', count: 1, until: time };
    expect(writeEntries([], { capture })).toBe(`{"keys":[],"capture":{"id":"c","count":1,"until":"${time}"}}`);
  });
});

describe('a pasted key gets the id of the enabled key', () => {
  const enabled = { key_id: 'E', digest: 'SHA512' };
  test.each<[string, KeyringEntry[], typeof enabled | undefined, KeyringEntry[]]>([
    ['alone', [nameless], enabled, [{ ...nameless, ...enabled }]],
    ['beside another', [named('a'), nameless], enabled, [named('a'), { ...nameless, ...enabled }]],
    ['with an empty id', [named('')], enabled, [named('E', { digest: 'SHA512' })]],
    [
      'and keeps its digest',
      [{ ...nameless, digest: 'SHA256' }],
      enabled,
      [{ ...nameless, key_id: 'E', digest: 'SHA256' }],
    ],
    ['but not if none is enabled', [nameless], undefined, [nameless]],
    ['but not if that is another', [named('e'), nameless], enabled, [named('e'), nameless]],
    ['but not if it could be either', [nameless, nameless], enabled, [nameless, nameless]],
    ['but not if there is none', [named('a')], enabled, [named('a')]],
  ])('%s', (_when, entries, enabledKey, expected) => {
    expect(nameEnabled(entries, enabledKey)).toEqual(expected);
  });
});

test('an entry is found by its id, whose case does not count', () => {
  const entries = [nameless, named('a'), named('B')];
  expect(findEntry(entries, 'b')).toBe(entries[2]);
  expect(findEntry(entries, 'A')).toBe(entries[1]);
  expect(findEntry(entries, 'c')).toBeUndefined();
  expect(sameId(undefined, 'a')).toBe(false);
});

describe('one public key for two accounts', () => {
  const [one, other] = [makeKey().answer, makeKey().answer];
  const shared = [
    { ...other, account: 'A' },
    { ...one, account: 'A' },
    { ...one, key_id: 'again', account: 'B' },
  ];

  const of = (account: string, entry: KeyringEntry = one) => ({ ...entry, account });

  test('is refused, in any form', () => {
    const problem = `Key ${one.key_id} of account A would be a key of account B too. Nothing was changed.`;
    expect(() => expectOneAccount([], shared)).toThrow(problem);
    const pem = `-----BEGIN PUBLIC KEY-----\n${one.public_key}\n-----END PUBLIC KEY-----`;
    expect(() => expectOneAccount([], [of('A'), { ...of('B'), public_key: pem }])).toThrow(problem);
  });

  test.each([
    ['it was so before', shared, shared],
    ['both name the same', [], [of('A'), of('A')]],
    ['one names none', [], [one, of('A'), of('')]],
    ['the keys differ', [], [of('A'), of('B', other)]],
    ['one cannot be read', [], [of('A'), { ...of('B'), public_key: '?' }]],
  ])('is not where %s', (_why, before: KeyringEntry[], after: KeyringEntry[]) => {
    expect(() => expectOneAccount(before, after)).not.toThrow();
  });
});

const probe = { key_id: 'p', public_key: 'AAAA', digest: 'SHA256', until: time };
const capture = { id: 'c-1_A', count: 3, until: time };
const secret = (members: object) => JSON.stringify({ keys: [], ...members });

test.each<[string, object]>([
  [secret({ probe }), { probe }],
  [secret({ capture }), { capture }],
  [`\ufeff\n${secret({ probe, capture, more: 1 })}\n`, { probe, capture }],
  [secret({ capture: { ...capture, id: 'c'.repeat(64) } }), { capture: { ...capture, id: 'c'.repeat(64) } }],
  [secret({}), {}],
])('%j asks for %j', (text, expected) => {
  expect(readDiagnostics(text)).toEqual(expected);
});

test.each([
  ['AAAA'],
  [''],
  ['[1]'],
  // One answer of the create-key call is a key, whatever else it has.
  [JSON.stringify({ public_key: 'AAAA', probe, capture })],
  [JSON.stringify({ keys: {}, probe, capture })],
])('a secret of another form asks for nothing: %s', (text) => {
  expect(readDiagnostics(text)).toEqual({});
});

test.each<[string, unknown[]]>([
  ['key_id', [undefined, '']],
  ['public_key', [7, '']],
  ['digest', [null, '']],
  ['until', ['for ever']],
])('a probe whose %s is one of %j is not asked for', (name, values) => {
  for (const value of values) expect(readDiagnostics(secret({ probe: { ...probe, [name]: value } }))).toEqual({});
});

test.each<[string, unknown[]]>([
  ['id', [7, '', '../keys', 'keys/..', 'c'.repeat(65)]],
  ['count', ['3', 1.5]],
  ['until', ['for ever']],
])('a capture whose %s is one of %j is not asked for', (name, values) => {
  for (const value of values) expect(readDiagnostics(secret({ capture: { ...capture, [name]: value } }))).toEqual({});
});

test.each([null, [], 'p'])('what is no object is not asked for: %j', (value) => {
  expect(readDiagnostics(secret({ probe: value, capture: value }))).toEqual({});
});
