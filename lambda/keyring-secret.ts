import { ReceiverError } from './errors.ts';

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
  /** RFC 3339: when it was enabled last. */
  enabled_at?: string;
  /** RFC 3339: when another key was enabled in its place. It verifies what was signed before. */
  retired_at?: string;
  /** RFC 3339: when it was deleted at MessageMedia. It can sign no more, and is kept to check what it signed. */
  deleted_at?: string;
}

/** Most bytes that a secret of Secrets Manager holds. */
const maxSecretBytes = 65_536;

/**
 * The keys in a keyring secret of any form, not validated one by one.
 *
 * @throws {ReceiverError} `keyring_unavailable` when it is none of the forms
 */
export function readEntries(secret: string): unknown[] {
  const text = secret.trim();
  if (!text.startsWith('{')) return [{ public_key: text }];
  let parsed: { keys?: unknown };
  try {
    parsed = JSON.parse(text);
  } catch {
    // The parser's own message would quote the secret.
    throw new ReceiverError('keyring_unavailable', 'The keyring secret starts like JSON but is not valid JSON');
  }
  if (parsed.keys === undefined) return [parsed];
  if (Array.isArray(parsed.keys)) return parsed.keys;
  throw new ReceiverError('keyring_unavailable', 'In the keyring secret, "keys" is not a list');
}

/**
 * The keyring secret in the form that holds several keys. When it would not fit into a secret, the keys that were deleted
 * longest ago are left out.
 *
 * @throws {Error} when it does not fit although no deleted key is left
 */
export function writeEntries(entries: readonly KeyringEntry[]): string {
  const secret = JSON.stringify({ keys: entries });
  if (Buffer.byteLength(secret) <= maxSecretBytes) return secret;
  const [oldest] = entries
    .filter(({ deleted_at }) => deleted_at !== undefined)
    .sort((one, other) => Date.parse(one.deleted_at ?? '') - Date.parse(other.deleted_at ?? ''));
  if (oldest === undefined) {
    throw new Error('The keyring does not fit into a secret: delete keys that are not in use with "mmw keys delete"');
  }
  return writeEntries(entries.filter((entry) => entry !== oldest));
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

/**
 * The keyring after a key was enabled: that key is neither pending nor retired, the one before it is retired, and no other
 * waits to be enabled any more, as a rotation that was under way is abandoned by that.
 */
export function afterEnabling(
  entries: readonly KeyringEntry[],
  enabledId: string,
  previousId: string | undefined,
  now: number,
): KeyringEntry[] {
  const time = new Date(now).toISOString();
  return entries.map((entry) => {
    const { pending_since: _pending, replaces: _replaces, ...rest } = entry;
    if (sameId(entry.key_id, enabledId)) {
      const { retired_at: _retired, ...live } = rest;
      return { ...live, enabled_at: time };
    }
    const isPrevious = previousId !== undefined && sameId(entry.key_id, previousId);
    // It has signed until now, whatever was noted earlier.
    return isPrevious ? { ...rest, retired_at: time } : rest;
  });
}

/** The keyring after a key was disabled or deleted: its public half stays, to check what it signed. */
export function afterEnd(
  entries: readonly KeyringEntry[],
  keyId: string,
  end: 'retired_at' | 'deleted_at',
  now: number,
): KeyringEntry[] {
  const time = new Date(now).toISOString();
  return entries.flatMap((entry) => {
    if (!sameId(entry.key_id, keyId)) return [entry];
    // It never signed anything.
    if (entry.pending_since !== undefined && end === 'deleted_at') return [];
    return [{ ...entry, retired_at: entry.retired_at ?? time, ...(end === 'deleted_at' && { deleted_at: time }) }];
  });
}

/** The keyring without a key, for good: nothing that it signed can be checked any more. */
export function without(entries: readonly KeyringEntry[], keyId: string): KeyringEntry[] {
  return entries.filter((entry) => !sameId(entry.key_id, keyId));
}

/** Key ids are UUIDs, whose case does not count. */
export function sameId(one: string | undefined, other: string): boolean {
  return one?.toLowerCase() === other.toLowerCase();
}
