import { keysFor, parseKeyring } from './keyring.ts';
import { afterEnabling, afterEnd, type KeyringEntry, sameId, writeEntries } from './keyring-secret.ts';
import type { KeyringStore } from './keyring-store.ts';
import { ProviderError } from './provider/error.ts';
import type { Provider } from './provider/provider.ts';

/** What changing a key in both places takes. Times are milliseconds since the epoch. */
export interface KeyChangeDependencies {
  provider: Pick<
    Provider,
    'getSignatureKey' | 'getEnabledSignatureKey' | 'enableSignatureKey' | 'deleteSignatureKey' | 'createSignatureKey'
  >;
  keyring: KeyringStore;
  now: () => number;
  pause: (milliseconds: number) => Promise<void>;
}

/** Pauses between two looks at a keyring that does not show yet what was written: a minute in all. */
const pauses = [250, 500, 1_000, 2_000, 4_000, 8_000, 15_000, 30_000];

/**
 * Reads the keyring until it shows what was written, as Secrets Manager is eventually consistent.
 *
 * @throws {Error} when it does not within a minute
 */
export async function readUntil(
  { keyring, pause }: Pick<KeyChangeDependencies, 'keyring' | 'pause'>,
  isShown: (entries: KeyringEntry[]) => boolean,
  what: string,
): Promise<KeyringEntry[]> {
  for (const wait of [0, ...pauses]) {
    if (wait > 0) await pause(wait);
    const entries = await readAll(keyring);
    if (isShown(entries)) return entries;
  }
  throw new Error(`The keyring does not show ${what}, a minute after it was written: run it again to go on`);
}

export async function readAll(keyring: KeyringStore): Promise<KeyringEntry[]> {
  return (await keyring.read()) ?? [];
}

/**
 * Enables a key that verifiers can have, and notes in the keyring that the one before it is retired.
 *
 * @param replaces the key before it, for when it was enabled already and only the note is missing
 * @throws {Error} when the keyring does not have the key: every webhook would be refused
 */
export async function enableKey(dependencies: KeyChangeDependencies, keyId: string, replaces?: string): Promise<void> {
  const { provider, keyring, now } = dependencies;
  prove(keyId, await readAll(keyring));
  const before = await provider.getEnabledSignatureKey();
  await provider.enableSignatureKey(keyId);
  const previousId = before && !sameId(before.key_id, keyId) ? before.key_id : replaces;
  await keyring.update((entries) => afterEnabling(entries, keyId, previousId, now()));
  const isNoted = (entry: KeyringEntry) => sameId(entry.key_id, keyId) && entry.pending_since === undefined;
  await readUntil(dependencies, (entries) => entries.some(isNoted), `that key ${keyId} is enabled`);
}

/** The key must come out of the keyring by the very code that verifiers read it with. */
export function prove(keyId: string, entries: readonly KeyringEntry[]): void {
  const entry = entries.find(({ key_id }) => sameId(key_id, keyId));
  const { keys } = parseKeyring(writeEntries(entries));
  if (keys.some(({ id }) => sameId(id, keyId)) && entry?.deleted_at === undefined) return;
  throw new Error(
    `The keyring has no public key ${keyId} that can be enabled: every webhook would be refused. MessageMedia gives a ` +
      'public key out only when it is created: create another key',
  );
}

/** Whether webhooks signed with a key are accepted by who reads this keyring. */
export function isVerifiable(keyId: string, entries: readonly KeyringEntry[]): boolean {
  try {
    return keysFor(keyId, parseKeyring(writeEntries(entries)).keys).some(({ retiredAt }) => retiredAt === undefined);
  } catch {
    return false;
  }
}

/**
 * Deletes a key at MessageMedia, where it may be gone already, and keeps its public half here.
 *
 * @throws {Error} when it is enabled, unless that is meant
 */
export async function deleteKey(
  { provider, keyring, now }: KeyChangeDependencies,
  keyId: string,
  options: { evenIfEnabled?: boolean } = {},
): Promise<void> {
  const enabled = await provider.getEnabledSignatureKey();
  if (!options.evenIfEnabled && sameId(enabled?.key_id, keyId)) {
    throw new Error(`Key ${keyId} is enabled by now: without it webhooks would arrive unsigned. Nothing was deleted.`);
  }
  try {
    await provider.deleteSignatureKey(keyId);
  } catch (error) {
    if (!isNotFound(error)) throw error;
  }
  await keyring.update((entries) => afterEnd(entries, keyId, 'deleted_at', now()));
}

/**
 * Enables a key again when none is, because somebody enabled the key that was just being deleted.
 *
 * @returns the id of the key that was enabled
 */
export async function repairEnabled(
  dependencies: KeyChangeDependencies,
  preferred: string,
): Promise<string | undefined> {
  const { provider, keyring } = dependencies;
  if ((await provider.getEnabledSignatureKey()) !== undefined) return undefined;
  const newestFirst = (await readAll(keyring))
    .filter(({ deleted_at }) => deleted_at === undefined)
    .toSorted((one, other) => (other.enabled_at ?? '').localeCompare(one.enabled_at ?? ''));
  for (const keyId of [preferred, ...newestFirst.map(({ key_id }) => key_id)]) {
    if (keyId === undefined || !(await exists(provider, keyId))) continue;
    await enableKey(dependencies, keyId);
    return keyId;
  }
  throw new Error('No key is enabled, and none is left to enable: create one with "mmw keys create --enable"');
}

export async function exists(provider: Pick<Provider, 'getSignatureKey'>, keyId: string): Promise<boolean> {
  try {
    await provider.getSignatureKey(keyId);
    return true;
  } catch (error) {
    if (isNotFound(error)) return false;
    throw error;
  }
}

function isNotFound(error: unknown): boolean {
  return error instanceof ProviderError && error.code === 'not_found';
}
