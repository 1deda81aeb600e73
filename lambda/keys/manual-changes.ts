import type { Digest } from '../signature.ts';
import { enableKey, type KeyDependencies, readAll } from './key-changes.ts';
import { parseKeyring, type VerificationKey } from './keyring.ts';
import { findEntry, isPending, isSameKey, type KeyringEntry, readEntries, sameId } from './keyring-secret.ts';
import type { KeyringStore } from './keyring-store.ts';
import type { Rotation } from './rotation.ts';

/** Changes of single keys, which a person makes outside of a rotation. */

/** @throws {Error} when a key with another digest waits to be enabled, because creating a key would continue with that one */
export async function expectNoOtherDigest(keyring: KeyringStore, digest: Digest): Promise<void> {
  const pending = (await readAll(keyring)).find(isPending);
  if (pending === undefined || pending.digest === digest) return;
  throw new Error(
    `Key ${pending.key_id} (${pending.digest}) waits to be enabled: enable or delete it before you create another.`,
  );
}

/**
 * Creates a key and enables it at once. Functions with an older keyring refuse webhooks until they have read it again.
 *
 * @returns its id
 * @throws {Error} when it was created but is not enabled
 */
export async function createEnabledKey(rotation: Pick<Rotation, 'create' | 'enable'>): Promise<string> {
  const keyId = await rotation.create();
  if ((await rotation.enable({ keyId, atOnce: true })) === 'enabled') return keyId;
  throw new Error(`Key ${keyId} was created but is not enabled: meanwhile another was chosen, or it was deleted.`);
}

/**
 * Enables a key that a person chose, in place of one that a rotation would enable.
 *
 * @returns ids of the keys that waited to be enabled and do so no longer
 * @throws {Error} as `enableKey`
 */
export async function enableChosenKey(dependencies: KeyDependencies, keyId: string): Promise<string[]> {
  const waiting = (await readAll(dependencies.keyring)).filter(isPending);
  await enableKey(dependencies, keyId);
  return waiting.map(({ key_id }) => key_id).filter((id) => !sameId(id, keyId));
}

type ForgetDependencies = Pick<KeyDependencies, 'provider' | 'keyring'>;

/** @throws {Error} when the key is enabled, or the keyring does not have it */
export async function expectForgettable(dependencies: ForgetDependencies, keyId: string): Promise<void> {
  await expectNotEnabled(dependencies, keyId);
  if (findEntry(await readAll(dependencies.keyring), keyId)) return;
  throw new Error(`The keyring has no key ${keyId}: "mmw keys list" shows all keys.`);
}

/** Removes a key from the keyring for good. @throws {Error} when it is enabled; then nothing was done */
export async function forgetKey(dependencies: ForgetDependencies, keyId: string): Promise<void> {
  await expectNotEnabled(dependencies, keyId);
  await dependencies.keyring.update((entries) => {
    const left = entries.filter(({ key_id }) => !sameId(key_id, keyId));
    return left.length < entries.length ? left : entries;
  });
}

async function expectNotEnabled({ provider }: ForgetDependencies, keyId: string): Promise<void> {
  if (!sameId((await provider.getEnabledSignatureKey())?.key_id, keyId)) return;
  throw new Error(`Key ${keyId} is enabled: without it every webhook would be refused. Enable another key first.`);
}

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
