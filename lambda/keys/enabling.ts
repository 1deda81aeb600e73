import { aMinute, eventually } from './eventually.ts';
import { enableKey } from './key-changes.ts';
import type { KeyDependencies } from './key-dependencies.ts';
import { readAll, verifies } from './key-lookups.ts';
import { keyringCacheMilliseconds } from './keyring-cache.ts';
import { findEntry, isPending, type KeyringEntry, sameId } from './keyring-secret.ts';
import { remaining, seconds } from './waiting.ts';

/** After this time every function has read the keyring again, in milliseconds: its cache, and time for a slow load. */
export const propagationMilliseconds = keyringCacheMilliseconds + 30_000;

/** Which key to enable, and when. */
export interface EnableOptions {
  /** The result of `create`, because the keyring may show it a moment later. By default the key that waits there. */
  keyId?: string | undefined;
  /** Does not wait. Functions with an older keyring then refuse webhooks until they have read it again. */
  atOnce?: boolean;
}

/** Result of enabling a key. `nothing` if no key was named and none waited. */
export type EnableOutcome = 'enabled' | 'abandoned' | 'nothing';

/**
 * Waits until every function can have a key that waits to be enabled, and enables it. It does not wait if no webhook can
 * be verified anyway. If somebody enables another key meanwhile, that key stays enabled.
 *
 * @throws {Error} when the keyring does not show the key within a minute
 */
export async function enablePending(
  dependencies: KeyDependencies,
  { keyId: known, atOnce = false }: EnableOptions,
): Promise<EnableOutcome> {
  const { keyring, pause, log } = dependencies;
  const keyId = known ?? (await readAll(keyring)).find(isPending)?.key_id;
  if (keyId === undefined) {
    log('no new key waits to be enabled');
    return 'nothing';
  }
  let entry: KeyringEntry | undefined = await findSoon(dependencies, keyId);
  if (isPending(entry) && !atOnce && (await mustWait(dependencies, keyId))) {
    const wait = remaining(entry.pending_since, propagationMilliseconds, dependencies.now());
    if (wait > 0) log(`waiting ${seconds(wait)} until every function has read key ${keyId}`);
    if (wait > 0) await pause(wait);
    entry = findEntry(await readAll(keyring), keyId);
  }
  const isDone =
    entry && isPending(entry)
      ? await enableKey(dependencies, keyId, { replaces: entry.replaces, onlyPending: true })
      : sameId((await dependencies.provider.getEnabledSignatureKey())?.key_id, keyId);
  log(
    isDone ? `key ${keyId} is enabled` : `key ${keyId} is abandoned: meanwhile another was chosen, or it was deleted`,
  );
  return isDone ? 'enabled' : 'abandoned';
}

async function findSoon({ keyring, pause }: KeyDependencies, keyId: string): Promise<KeyringEntry> {
  const entry = await eventually(async () => findEntry(await readAll(keyring), keyId), pause, aMinute);
  if (entry) return entry;
  throw new Error(
    `Key ${keyId} was written to the keyring but is not in it, so it was not enabled. If the keyring was set back to ` +
      'an earlier value, run this again: it creates another key',
  );
}

/** While no webhook can be verified, nothing is lost by enabling a key too early. */
async function mustWait({ provider, keyring, now, log }: KeyDependencies, keyId: string): Promise<boolean> {
  if ((await provider.getSignatureKey(keyId)).enabled) return false;
  const enabled = await provider.getEnabledSignatureKey();
  if (enabled && verifies(await readAll(keyring), enabled.key_id, now())) return true;
  const state = enabled
    ? `webhooks are signed with key ${enabled.key_id}, which the keyring does not have, and are refused`
    : 'no key is enabled at MessageMedia: webhooks arrive unsigned, and are refused';
  log(`${state}. Key ${keyId} is enabled at once`);
  return false;
}
