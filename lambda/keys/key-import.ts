import { parseKeyring, type VerificationKey } from './keyring.ts';
import { findEntry, type KeyringEntry, readEntries } from './keyring-secret.ts';

/** A key to bring in, and the key that verifiers make of it. */
interface ImportedKey {
  entry: KeyringEntry;
  key: VerificationKey;
}

/**
 * Reads keys to bring into a keyring, in any form of a keyring secret. They are not to be enabled by themselves.
 *
 * @param keyId of the one key in it, for a key without its id
 * @throws {Error} when one of them is none that verifiers can use
 */
export function readImport(text: string, keyId?: string): ImportedKey[] {
  const { keys, warnings } = parseKeyring(text);
  const entries = readEntries(text) as KeyringEntry[];
  if (keys.length === 0 || keys.length < entries.length)
    throw new Error(`Nothing was imported: ${warnings.join('; ')}`);
  if (keyId !== undefined && (entries.length !== 1 || (entries[0]?.key_id ?? keyId) !== keyId)) {
    throw new Error('--key-id is for one key that comes without its id. Nothing was imported.');
  }
  return keys.map((key, index) => {
    const { enabled: _enabled, pending_since: _since, replaces: _replaces, ...rest } = toFields(entries[index]);
    const id = key.id ?? keyId;
    return { entry: { ...rest, ...(id && { key_id: id }) }, key };
  });
}

/**
 * The keyring with keys brought in. What is there stays as it is.
 *
 * @throws {Error} when it has another public key under the id of one of them
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
  } catch {
    // What nobody can read is not that key.
    return false;
  }
}

function toFields(entry: KeyringEntry | undefined): KeyringEntry & { enabled?: unknown } {
  return entry ?? { public_key: '' };
}
