import type { Digest } from '../signature.ts';
import { enableKey } from './key-changes.ts';
import type { KeyDependencies } from './key-dependencies.ts';
import { readAll } from './key-lookups.ts';
import { findEntry, isPending, sameId } from './keyring-secret.ts';
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
