import type { Diagnostics } from './diagnostics.ts';
import { KeyringError } from './keyring-error.ts';

/**
 * A key as the keyring secret holds it: what MessageMedia answered when it was created, and what its life cycle adds.
 * Fields that are not named here are kept as they are.
 */
export interface KeyringEntry {
  /** Absent for a key that was pasted without one. */
  key_id?: string;
  /** Base64 SPKI DER, or PEM. */
  public_key: string;
  digest?: string;
  cipher?: string;
  created?: string;
  /** RFC 3339: when a rotation put the key here. It is to be enabled once every verifier can have it. */
  pending_since?: string;
  /** Id of the key that was enabled when this one was made to take its place. */
  replaces?: string;
  /** RFC 3339: when it was last enabled from here. */
  enabled_at?: string;
  /** RFC 3339: when it stopped signing. What it signed until then verifies on. */
  retired_at?: string;
  /** RFC 3339: when it was deleted at MessageMedia. Its public half stays, for what it signed and comes late. */
  deleted_at?: string;
}

/** A key that waits to be enabled. */
export type PendingEntry = KeyringEntry & Required<Pick<KeyringEntry, 'key_id' | 'pending_since'>>;

/** A key that signs no longer, and that can still be enabled again. */
export type RetiredEntry = KeyringEntry & Required<Pick<KeyringEntry, 'key_id' | 'retired_at'>>;

export function isPending(entry: KeyringEntry): entry is PendingEntry {
  return Boolean(entry.key_id) && entry.pending_since !== undefined && !isDeleted(entry);
}

export function isRetired(entry: KeyringEntry): entry is RetiredEntry {
  return Boolean(entry.key_id) && entry.retired_at !== undefined && !isDeleted(entry);
}

/** Whether the key is gone at MessageMedia: it can never sign again. */
export function isDeleted({ deleted_at }: KeyringEntry): boolean {
  return deleted_at !== undefined;
}

/**
 * The keys in a keyring secret of any form, not validated one by one.
 *
 * @throws {KeyringError} when it is none of the forms
 */
export function readEntries(secret: string): unknown[] {
  const text = secret.trim();
  if (!text.startsWith('{')) return [{ public_key: text }];
  let parsed: { keys?: unknown };
  try {
    parsed = JSON.parse(text);
  } catch {
    // The parser's own message would quote the secret.
    throw new KeyringError('The keyring secret starts like JSON but is not valid JSON');
  }
  if (parsed.keys === undefined) return [parsed];
  if (Array.isArray(parsed.keys)) return parsed.keys;
  throw new KeyringError('In the keyring secret, "keys" is not a list');
}

/** The keyring secret in the form that holds several keys. */
export function writeEntries(entries: readonly KeyringEntry[], diagnostics: Diagnostics = {}): string {
  return JSON.stringify({ keys: entries, ...diagnostics });
}

/**
 * Gives a pasted key without an id the id of the key that is enabled, as the one that webhooks verify with today. Needed
 * before a second key comes in: from then on it must be known which one is which.
 */
export function identify(
  entries: readonly KeyringEntry[],
  enabled: { key_id: string; digest: string } | undefined,
): KeyringEntry[] {
  const nameless = entries.filter(({ key_id }) => !key_id);
  const isKnown = enabled === undefined || entries.some(({ key_id }) => sameId(key_id, enabled.key_id));
  if (isKnown || nameless.length !== 1) return [...entries];
  const { key_id, digest } = enabled;
  return entries.map((entry) => (entry.key_id ? entry : { ...entry, key_id, digest: entry.digest ?? digest }));
}

/** The entry of a key. @returns `undefined` when the keyring does not name it */
export function findEntry(entries: readonly KeyringEntry[], keyId: string): KeyringEntry | undefined {
  return entries.find(({ key_id }) => sameId(key_id, keyId));
}

/** Key ids are UUIDs, whose case does not count. */
export function sameId(one: string | undefined, other: string): boolean {
  return one?.toLowerCase() === other.toLowerCase();
}
