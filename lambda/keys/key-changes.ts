import type { KeyDependencies } from './key-dependencies.ts';
import { acknowledge, afterDeleting, afterDisabling, afterEnabling, beforeEnabling } from './key-life.ts';
import { exists, expectKey, isNotFound, readAll } from './key-lookups.ts';
import { isDeleted, isPending, type KeyringEntry, sameId } from './keyring-secret.ts';
import type { KeyringStore } from './keyring-store.ts';

/** What a rotation knows of the key that it enables. */
interface EnablingOptions {
  /** The key before it, for when it was enabled already and only the note is missing. */
  replaces?: string | undefined;
  /** Only while it waits to be enabled: when somebody chose another key meanwhile, that one is enabled in the end. */
  onlyPending?: boolean;
}

/**
 * Enables a key that verifiers can have, and notes in the keyring that the one before it is retired. A key that waits to
 * be enabled by a rotation waits no longer: this is somebody's choice of another.
 *
 * @returns whether it was done; `false` only with `onlyPending`
 * @throws {Error} when the keyring does not have the key, or it is deleted: every webhook would be refused
 */
export async function enableKey(
  dependencies: KeyDependencies,
  keyId: string,
  { replaces, onlyPending = false }: EnablingOptions = {},
): Promise<boolean> {
  const { provider, keyring, now } = dependencies;
  await expectKey(dependencies, keyId);
  const before = await provider.getEnabledSignatureKey();
  await keyring.update((entries) => beforeEnabling(entries, keyId));
  await provider.enableSignatureKey(keyId);
  const previousId = before && !sameId(before.key_id, keyId) ? before.key_id : replaces;
  let isAbandoned = false;
  await keyring.update((entries) => {
    isAbandoned = onlyPending && entries.some((entry) => sameId(entry.key_id, keyId) && isLeftAlone(entry));
    return isAbandoned ? entries : afterEnabling(entries, keyId, previousId, now());
  });
  const chosen = isAbandoned ? byLastEnabled(await readAll(keyring))[0]?.key_id : undefined;
  if (chosen) await provider.enableSignatureKey(chosen);
  await settle(dependencies, keyId);
  return !isAbandoned;
}

/** Waits no longer, though nobody enabled it. */
function isLeftAlone(entry: KeyringEntry): boolean {
  return !isPending(entry) && !isDeleted(entry) && entry.enabled_at === undefined;
}

/** The keys that can sign, the one first that was enabled last. */
function byLastEnabled(entries: readonly KeyringEntry[]): KeyringEntry[] {
  const since = ({ enabled_at = '' }: KeyringEntry) => Date.parse(enabled_at) || 0;
  return entries
    .filter((entry) => entry.key_id && !isDeleted(entry) && !isPending(entry))
    .sort((one, other) => since(other) - since(one));
}

/** Whoever changed it at the same moment: what signs has no end in the keyring, and a deleted key is not left enabled. */
async function settle(dependencies: KeyDependencies, keyId: string): Promise<void> {
  const { provider, keyring } = dependencies;
  const enabled = await provider.getEnabledSignatureKey();
  await keyring.update((entries) => acknowledge(entries, enabled?.key_id));
  if (enabled !== undefined || (await exists(provider, keyId))) return;
  const instead = await ensureSigning(dependencies, keyId);
  throw new Error(`Key ${keyId} was deleted by somebody else meanwhile: key ${instead} is enabled`);
}

/**
 * Leaves webhooks unsigned.
 *
 * @param keyring to note there that the key signs no longer
 */
export async function disableKey(
  { provider, keyring, now }: Pick<KeyDependencies, 'provider' | 'now'> & { keyring: KeyringStore | undefined },
  keyId: string,
): Promise<void> {
  await provider.disableSignatureKey();
  await keyring?.update((entries) => afterDisabling(entries, keyId, now()));
}

/**
 * Deletes a key at MessageMedia; it may be gone there already. Its public half stays in the keyring.
 *
 * @param options `evenEnabled` for whoever wants webhooks to be unsigned
 * @throws {KeyInUseError} when it is enabled: nothing was done then
 */
export async function deleteKey(
  dependencies: KeyDependencies,
  keyId: string,
  options: { evenEnabled?: boolean } = {},
): Promise<void> {
  const { provider, keyring, now } = dependencies;
  const before = await provider.getEnabledSignatureKey();
  const isEnabled = sameId(before?.key_id, keyId);
  if (isEnabled && !options.evenEnabled) throw new KeyInUseError(keyId);
  try {
    await provider.deleteSignatureKey(keyId);
  } catch (error) {
    if (!isNotFound(error)) throw error;
  }
  await keyring.update((entries) => afterDeleting(entries, keyId, now()));
  // Between look and deletion somebody may have gone back to it.
  if (before !== undefined && !isEnabled) await ensureSigning(dependencies, keyId);
}

/** A key that was to be deleted signs. */
export class KeyInUseError extends Error {
  override readonly name = 'KeyInUseError';

  constructor(keyId: string) {
    super(`Key ${keyId} is enabled, webhooks are signed with it: enable another key first. Nothing was done.`);
  }
}

/**
 * Sees to it that a key is enabled: if there is none, the one of the keyring that was so last.
 *
 * @param lost the key that was deleted
 * @returns the id of the key that is enabled
 * @throws {Error} when the keyring has none that exists at MessageMedia
 */
async function ensureSigning(dependencies: KeyDependencies, lost: string): Promise<string> {
  const { provider, keyring, now, log } = dependencies;
  const enabled = await provider.getEnabledSignatureKey();
  if (enabled) return enabled.key_id;
  for (const { key_id: keyId } of byLastEnabled(await readAll(keyring))) {
    if (!keyId || sameId(lost, keyId) || !(await exists(provider, keyId))) continue;
    await keyring.update((entries) => beforeEnabling(entries, keyId));
    await provider.enableSignatureKey(keyId);
    await keyring.update((entries) => afterEnabling(entries, keyId, lost, now()));
    log(`key ${lost} was enabled by somebody else at the moment it was deleted: key ${keyId} is enabled again`);
    return keyId;
  }
  throw new Error(
    `Key ${lost} was enabled by somebody else at the moment it was deleted, and the keyring has no other: webhooks ` +
      'arrive unsigned. Make and enable a key with "mmw keys create --enable"',
  );
}
