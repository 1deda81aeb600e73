import { parseKeyring, type VerificationKey } from './keyring.ts';
import { findEntry, isSameKey, type KeyringEntry, readEntries } from './keyring-secret.ts';

/** A key to import, as an entry and as a parsed key. */
interface ImportedKey {
  entry: KeyringEntry;
  key: VerificationKey;
}

/** What the file does not say. */
interface ImportOptions {
  /** Id of the only key in it, for a key without an id. */
  keyId?: string | undefined;
  /** The account of all keys in it. */
  account?: string | undefined;
}

/**
 * Reads keys to import into a keyring, in any form of a keyring secret. An imported key does not wait to be enabled.
 *
 * @throws {Error} when a receiver could not use one of them
 */
export function readImport(text: string, { keyId, account }: ImportOptions = {}): ImportedKey[] {
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
    return { entry: { ...rest, ...(id && { key_id: id }), ...(account && { account }) }, key };
  });
}

/**
 * The keyring with the imported keys. Existing entries stay as they are, but get the account that an imported one names.
 *
 * @throws {Error} when the keyring has another public key, or another account, under the id of an imported one
 */
export function importKeys(entries: KeyringEntry[], imported: readonly ImportedKey[]): KeyringEntry[] {
  const changed = [...entries];
  for (const { entry } of imported) {
    const known = entry.key_id ? findEntry(entries, entry.key_id) : entries.find((other) => isSameKey(other, entry));
    if (known === undefined) changed.push(entry);
    else if (!isSameKey(known, entry)) {
      throw new Error(`The keyring has another public key under the id ${entry.key_id}. Nothing was imported.`);
    } else if (entry.account && known.account && known.account !== entry.account) {
      throw new Error(
        `The keyring says that key ${known.key_id} is of account ${known.account}. Nothing was imported.`,
      );
    } else if (entry.account && !known.account) {
      changed[entries.indexOf(known)] = { ...known, account: entry.account };
    }
  }
  const isChanged = changed.some((entry, index) => entry !== entries[index]);
  return isChanged ? changed : entries;
}
