import { describe, expect, test } from '@jest/globals';
import { type KeyringEntry, maxSecretBytes } from '../../../lambda/keys/keyring-secret.ts';
import { fitDiagnostics, fitEntries } from '../../../lambda/keys/keyring-store.ts';

const bytes = 1_000;
const entry = (index: number, more: Partial<KeyringEntry> = {}): KeyringEntry => ({
  key_id: String(index),
  public_key: 'A'.repeat(bytes),
  ...more,
});
const deleted = (index: number, minute: number) =>
  entry(index, { deleted_at: new Date(Date.UTC(2026, 0, 1, 0, minute)).toISOString() });
const idsIn = (secret: string) => JSON.parse(secret).keys.map(({ key_id }: KeyringEntry) => key_id);

test('what fits is kept whole, and without a word while there is room', () => {
  const entries = [entry(1), deleted(2, 1)];
  expect(fitEntries(entries)).toEqual({ secret: JSON.stringify({ keys: entries }), warnings: [] });
});

test('what fills a secret to the last byte fits, and one byte more does not', () => {
  const filled = (size: number) => {
    const empty = JSON.stringify({ keys: [entry(1, { public_key: '' })] }).length;
    return [entry(1, { public_key: 'A'.repeat(size - empty) })];
  };
  expect(Buffer.byteLength(fitEntries(filled(maxSecretBytes)).secret)).toBe(maxSecretBytes);
  expect(() => fitEntries(filled(maxSecretBytes + 1))).toThrow('would have 65537 bytes, and a secret holds 65536');
});

test('of deleted keys the one goes first that was deleted first; every other stays', () => {
  const live = Array.from({ length: 50 }, (_, index) => entry(index));
  // The last deleted key is listed first, and one key has an unreadable time.
  const ended = Array.from({ length: 20 }, (_, index) => deleted(100 + index, 60 - index));
  const unreadable = entry(200, { deleted_at: 'long ago' });
  const { secret, warnings } = fitEntries([...ended, unreadable, ...live]);
  expect(Buffer.byteLength(secret)).toBeLessThanOrEqual(maxSecretBytes);
  const ids: string[] = idsIn(secret);
  expect(ids).toEqual(expect.arrayContaining(live.map(({ key_id }) => key_id)));
  expect(ids).toContain('200');
  const left = ids.filter((id) => id.startsWith('1') && id.length === 3);
  expect(left).toEqual(Array.from({ length: left.length }, (_, index) => String(100 + index)));
  expect(warnings.filter((warning) => warning.includes('was dropped'))).toHaveLength(20 - left.length);
});

describe('a probe and a capture', () => {
  const probe = { key_id: 'p', public_key: 'P'.repeat(400), digest: 'SHA256', until: '2026-11-24T12:00:00Z' };
  const capture = { id: 'c', count: 5, until: '2026-11-24T12:00:00Z' };
  /** Keys that leave this much room in the secret. */
  const keysWithRoom = (room: number) => {
    const keys = Array.from({ length: 30 }, (_, index) => deleted(index, index));
    const rest = maxSecretBytes - room - JSON.stringify({ keys: [...keys, entry(99, { public_key: '' })] }).length;
    return [...keys, entry(99, { public_key: 'A'.repeat(rest) })];
  };
  const size = JSON.stringify({ probe, capture }).length - 1;

  test('are written beside the keys while there is room for them', () => {
    const keys = keysWithRoom(size);
    const { secret } = fitDiagnostics(keys, { probe, capture });
    expect(JSON.parse(secret)).toEqual({ keys, probe, capture });
    expect(Buffer.byteLength(secret)).toBe(maxSecretBytes);
    expect(fitEntries(keys, { probe, capture }).secret).toBe(secret);
    expect(fitDiagnostics([entry(1)], { probe }).warnings).toEqual([]);
    expect(fitDiagnostics(keys, {}).warnings).toEqual([
      `the keyring has ${maxSecretBytes - size} of the ${maxSecretBytes} bytes of a secret: see "mmw keys forget"`,
    ]);
  });

  test('push no key out of a full keyring', () => {
    expect(() => fitDiagnostics(keysWithRoom(size - 1), { probe, capture })).toThrow(
      'The keyring has no room for a probe or a capture: it would have 65537 bytes, and a secret holds 65536. Remove a deleted key with "mmw keys forget"',
    );
  });

  test('end when a key needs their room', () => {
    const keys = keysWithRoom(0);
    const { secret, warnings } = fitEntries(keys, { probe, capture });
    expect(JSON.parse(secret)).toEqual({ keys });
    expect(warnings[0]).toBe('the keyring is full: probe and capture ended, to keep its keys');
    expect(fitEntries([...keys, entry(100)], { capture }).warnings.slice(0, 2)).toEqual([
      'the keyring is full: capture ended, to keep its keys',
      expect.stringContaining('key 0, deleted 2026-01-01T00:00:00.000Z, was dropped'),
    ]);
    expect(fitEntries([...keys, entry(100)]).warnings[0]).toContain('key 0, deleted');
  });
});

test('keys that are not deleted are never dropped', () => {
  const entries = Array.from({ length: 70 }, (_, index) => entry(index, { retired_at: '2026-01-01T00:00:00Z' }));
  expect(() => fitEntries(entries)).toThrow(/would have 7\d{4} bytes.*None of its keys is deleted/);
});
