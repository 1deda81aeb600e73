import type { Provider } from '../messagemedia/client.ts';
import { ProviderError } from '../messagemedia/error.ts';
import { acknowledge, afterDeleting, afterDisabling, afterEnabling, beforeEnabling } from './key-life.ts';
import { parseKeyring } from './keyring.ts';
import { findEntry, isDeleted, isPending, type KeyringEntry, sameId, writeEntries } from './keyring-secret.ts';
import { aMoment, eventually, type KeyringStore } from './keyring-store.ts';

/** What a change of keys needs from outside. Times are milliseconds since the epoch. */
export interface KeyDependencies {
  provider: Pick<
    Provider,
    'getSignatureKey' | 'getEnabledSignatureKey' | 'enableSignatureKey' | 'disableSignatureKey' | 'deleteSignatureKey'
  >;
  keyring: KeyringStore;
  now: () => number;
  /** @param whole milliseconds to the end of the wait that this pause is a piece of, if it is one */
  pause: (milliseconds: number, whole?: number) => Promise<void>;
  /** Gets a message for each step, without key material. */
  log: (message: string) => void;
}

/** What a rotation knows about the key that it enables. */
interface EnablingOptions {
  /** The previous key, in case the new one is enabled already and only the keyring has not recorded it. */
  replaces?: string | undefined;
  /** Enables it only while it waits to be enabled. If somebody chose another key meanwhile, that key is enabled. */
  onlyPending?: boolean;
}

/**
 * Enables a key that functions can have, and records in the keyring that the previous key is retired. Any other key that
 * waits to be enabled by a rotation stops waiting, because somebody chose this one.
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

/** Whether it stopped waiting although nobody enabled it. */
function isLeftAlone(entry: KeyringEntry): boolean {
  return !isPending(entry) && !isDeleted(entry) && entry.enabled_at === undefined;
}

/** The keys that can sign, the last enabled first. */
function byLastEnabled(entries: readonly KeyringEntry[]): KeyringEntry[] {
  const since = ({ enabled_at = '' }: KeyringEntry) => Date.parse(enabled_at) || 0;
  return entries
    .filter((entry) => entry.key_id && !isDeleted(entry) && !isPending(entry))
    .sort((one, other) => since(other) - since(one));
}

/** Handles changes by others at the same moment. The enabled key must not be retired in the keyring, and some key must sign. */
async function settle(dependencies: KeyDependencies, keyId: string): Promise<void> {
  const { provider, keyring } = dependencies;
  const enabled = await provider.getEnabledSignatureKey();
  await keyring.update((entries) => acknowledge(entries, enabled?.key_id));
  if (enabled !== undefined || (await exists(provider, keyId))) return;
  const instead = await ensureSigning(dependencies, keyId);
  throw new Error(`Somebody else deleted key ${keyId} meanwhile: key ${instead} is enabled`);
}

/**
 * Disables the key, which leaves webhooks unsigned.
 *
 * @param keyring records that the key does not sign any more
 */
export async function disableKey(
  { provider, keyring, now }: Pick<KeyDependencies, 'provider' | 'now'> & { keyring: KeyringStore | undefined },
  keyId: string,
): Promise<void> {
  await provider.disableSignatureKey();
  await keyring?.update((entries) => afterDisabling(entries, keyId, now()));
}

/**
 * Deletes a key at MessageMedia; it may be gone there already. Its public key stays in the keyring.
 *
 * @param options `evenEnabled` deletes an enabled key too, which leaves webhooks unsigned
 * @throws {KeyInUseError} when it is enabled; then nothing was done
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
  // Somebody may have enabled it again between the check and the deletion.
  if (before !== undefined && !isEnabled) await ensureSigning(dependencies, keyId);
}

/** A key that should be deleted is enabled. */
export class KeyInUseError extends Error {
  override readonly name = 'KeyInUseError';

  constructor(keyId: string) {
    super(`Key ${keyId} is enabled, and webhooks are signed with it: enable another key first. Nothing was done.`);
  }
}

/**
 * Makes sure that a key is enabled. If none is, it enables the key of the keyring that was enabled last.
 *
 * @param lost the key that was deleted
 * @returns the id of the key that is enabled
 * @throws {Error} when the keyring has no key that exists at MessageMedia
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
    log(`somebody else enabled key ${lost} while it was deleted: key ${keyId} is enabled again`);
    return keyId;
  }
  throw new Error(
    `Somebody else enabled key ${lost} while it was deleted, and the keyring has no other key: webhooks ` +
      'arrive unsigned. Create and enable a key with "mmw keys create --enable"',
  );
}

/**
 * Checks that the receiver's own code reads the key from the keyring, at once or a moment later.
 *
 * @param pauses before each further look, in milliseconds
 * @throws {Error} when it does not, or the key was deleted at MessageMedia
 */
export async function expectKey(
  { keyring, pause }: Pick<KeyDependencies, 'keyring' | 'pause'>,
  keyId: string,
  pauses: readonly number[] = aMoment,
): Promise<void> {
  const look = async () => {
    const found = await readAll(keyring);
    return findEntry(found, keyId) && found;
  };
  const entries = await eventually(look, pause, pauses);
  const entry = entries && findEntry(entries, keyId);
  if (entry && isDeleted(entry)) {
    throw new Error(
      `Key ${keyId} was deleted at MessageMedia (${entry.deleted_at}): it can never sign again. Create another key`,
    );
  }
  if (entries && parseKeyring(writeEntries(entries)).keys.some(({ id }) => sameId(id, keyId))) return;
  throw new Error(
    `The keyring has no public key ${keyId}: if it were enabled, every webhook would be refused. MessageMedia shows a ` +
      'public key only when it is created: create another key, or add this one with "mmw keys import"',
  );
}

/** All entries; none if the keyring was never written. */
export async function readAll(keyring: KeyringStore): Promise<KeyringEntry[]> {
  return (await keyring.read()) ?? [];
}

/** Whether MessageMedia has the key. */
export async function exists(provider: Pick<Provider, 'getSignatureKey'>, keyId: string): Promise<boolean> {
  try {
    await provider.getSignatureKey(keyId);
    return true;
  } catch (error) {
    if (isNotFound(error)) return false;
    throw error;
  }
}

/** Whether MessageMedia answered that it does not exist. */
export function isNotFound(error: unknown): boolean {
  return error instanceof ProviderError && error.code === 'not_found';
}
