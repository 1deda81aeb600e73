import { parseKeyring, type VerificationKey } from './keyring.ts';
import { findEntry, type KeyringEntry, readEntries } from './keyring-secret.ts';

/** A key to import, as an entry and as a parsed key. */
interface ImportedKey {
  entry: KeyringEntry;
  key: VerificationKey;
}

/**
 * Reads keys to import into a keyring, in any form of a keyring secret. An imported key does not wait to be enabled.
 *
 * @param keyId of the only key in it, for a key without an id
 * @throws {Error} when a receiver could not use one of them
 */
export function readImport(text: string, keyId?: string): ImportedKey[] {
  const { keys, warnings } = parseKeyring(text);
  const entries = readEntries(text) as (KeyringEntry & { enabled?: unknown })[];
  if (keys.length === 0 || keys.length < entries.length)
    throw new Error(`Nothing was imported: ${warnings.join('; ')}`);
  if (keyId !== undefined && (entries.length !== 1 || (entries[0]?.key_id ?? keyId) !== keyId)) {
    throw new Error('--key-id is only for a single key that has no id in the file. Nothing was imported.');
  }
  return entries.map(({ enabled: _enabled, pending_since: _since, replaces: _replaces, ...rest }, index) => {
    const key = keys[index] as VerificationKey;
    const id = key.id ?? keyId;
    return { entry: { ...rest, ...(id && { key_id: id }) }, key };
  });
}

/**
 * The keyring with the imported keys. Existing entries stay as they are.
 *
 * @throws {Error} when the keyring has another public key under the id of an imported one
 */
export function importKeys(entries: KeyringEntry[], imported: readonly ImportedKey[]): KeyringEntry[] {
  const isNew = ({ entry, key }: ImportedKey) => {
    const known = entry.key_id ? findEntry(entries, entry.key_id) : entries.find((other) => isSameKey(other, key));
    if (known === undefined) return true;
    if (isSameKey(known, key)) return false;
    throw new Error(`The keyring has another public key under the id ${entry.key_id}. Nothing was imported.`);
  };
  const added = imported.filter(isNew).map(({ entry }) => entry);
  return added.length === 0 ? entries : [...entries, ...added];
}

function isSameKey(entry: KeyringEntry, { key }: VerificationKey): boolean {
  try {
    return parseKeyring(JSON.stringify({ keys: [entry] })).keys.some((known) => known.key.equals(key));
  } catch {}
  // An unreadable entry is not this key.
  return false;
}
