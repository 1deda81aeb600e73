import { describe, expect, test } from '@jest/globals';
import {
  acknowledge,
  addPending,
  afterDeleting,
  afterDisabling,
  afterEnabling,
  beforeEnabling,
} from '../../../lambda/keys/key-life.ts';
import type { KeyringEntry } from '../../../lambda/keys/keyring-secret.ts';

const then = '2026-11-24T00:00:00.000Z';
const at = Date.UTC(2026, 10, 24, 12);
const now = '2026-11-24T12:00:00.000Z';
const key = (key_id: string, more: Partial<KeyringEntry> = {}) => ({ key_id, public_key: 'AAAA', ...more });
const nameless: KeyringEntry = { public_key: 'BBBB' };

const plain = key('plain');
const pending = key('pending', { pending_since: then, replaces: 'plain' });
const retired = key('retired', { retired_at: then });
const deleted = key('deleted', { retired_at: then, deleted_at: then });
const lost = key('lost', { pending_since: then, deleted_at: then });
const all: KeyringEntry[] = [plain, pending, retired, deleted, lost, nameless];
/** All of them, with others in place of those of the same id. */
const allWith = (...changed: KeyringEntry[]) =>
  all.map((entry) => changed.find(({ key_id }) => key_id === entry.key_id) ?? entry);

describe('before a key is enabled', () => {
  test('it has no end any more, and no other key waits to be enabled', () => {
    expect(beforeEnabling(all, 'RETIRED')).toEqual(allWith(key('pending'), key('retired')));
    expect(beforeEnabling(all, 'plain')).toEqual(allWith(key('pending')));
  });

  test('nothing changes for a key that waits, nor for one that is deleted', () => {
    expect(beforeEnabling(all, 'pending')).toBe(all);
    const ended = [deleted, lost, nameless];
    expect(beforeEnabling(ended, 'deleted')).toBe(ended);
  });
});

describe('after a key was enabled', () => {
  test('it neither waits nor ends, and the one before it ends now', () => {
    expect(afterEnabling(all, 'PENDING', 'PLAIN', at)).toEqual(
      allWith(key('pending', { enabled_at: now }), key('plain', { retired_at: now })),
    );
    expect(afterEnabling(all, 'retired', undefined, at)).toEqual(allWith(key('retired', { enabled_at: now })));
  });

  test('one that ended before ends now, as it signed until now', () => {
    expect(afterEnabling(all, 'plain', 'retired', at)).toEqual(
      allWith(key('plain', { enabled_at: now }), key('retired', { retired_at: now })),
    );
  });

  test('a deleted key is left alone, whichever of the two it is', () => {
    expect(afterEnabling(all, 'deleted', 'plain', at)).toBe(all);
    expect(afterEnabling(all, 'plain', 'deleted', at)).toEqual(allWith(key('plain', { enabled_at: now })));
  });
});

test('a key that signs has no end', () => {
  expect(acknowledge(all, 'Retired')).toEqual(allWith(key('retired')));
  expect(acknowledge(all, 'plain')).toBe(all);
  expect(acknowledge(all, 'deleted')).toBe(all);
  expect(acknowledge(all, undefined)).toBe(all);
});

describe('another key that waits', () => {
  const entry = key('new', { pending_since: now });
  test('comes last, and once', () => {
    expect(addPending([plain, pending], entry, undefined)).toEqual([plain, pending, entry]);
    expect(addPending([key('NEW'), plain], entry, undefined)).toEqual([plain, entry]);
  });

  test('a pasted key gets the id of the enabled one, and what signs has no end', () => {
    const enabled = { key_id: 'enabled', digest: 'SHA256' };
    expect(addPending([nameless], entry, enabled)).toEqual([{ ...nameless, ...enabled }, entry]);
    expect(addPending([retired], entry, { ...enabled, key_id: 'retired' })).toEqual([key('retired'), entry]);
  });
});

test('after a key stopped signing it ends now', () => {
  expect(afterDisabling(all, 'PLAIN', at)).toEqual(allWith(key('plain', { retired_at: now })));
  expect(afterDisabling(all, 'retired', at)).toEqual(allWith(key('retired', { retired_at: now })));
  expect(afterDisabling(all, 'deleted', at)).toBe(all);
  expect(afterDisabling(all, 'unknown', at)).toBe(all);
});

test('after a key was deleted it waits no longer, and what it signed until then verifies on', () => {
  const gone = { retired_at: now, deleted_at: now };
  expect(afterDeleting(all, 'PLAIN', at)).toEqual(allWith(key('plain', gone)));
  expect(afterDeleting(all, 'pending', at)).toEqual(allWith(key('pending', gone)));
  expect(afterDeleting(all, 'retired', at)).toEqual(allWith(key('retired', { ...gone, retired_at: then })));
  expect(afterDeleting(all, 'deleted', at)).toBe(all);
  expect(afterDeleting(all, 'unknown', at)).toBe(all);
});
