import { aMinute, eventually } from './eventually.ts';
import { enableKey } from './key-changes.ts';
import type { KeyDependencies } from './key-dependencies.ts';
import { readAll, verifies } from './key-lookups.ts';
import { keyringCacheMilliseconds } from './keyring-cache.ts';
import { findEntry, isPending, type KeyringEntry, sameId } from './keyring-secret.ts';
import { remaining, seconds } from './waiting.ts';

/** After this long every verifier has read the keyring anew, in milliseconds: its cache, and time for a slow load. */
export const propagationMilliseconds = keyringCacheMilliseconds + 30_000;

/** Which key to enable, and when. */
export interface EnableOptions {
  /** What `create` gave, for a keyring that shows it a moment later; by default the key that waits there. */
  keyId?: string | undefined;
  /** Without waiting for verifiers: those that hold an older keyring refuse webhooks until they have read it anew. */
  atOnce?: boolean;
}

/** What became of a key that was to be enabled. `nothing` when none was named and none waited. */
export type EnableOutcome = 'enabled' | 'abandoned' | 'nothing';

/**
 * Waits until every verifier can have a key that waits to be enabled, and enables it. While no webhook can be verified
 * anyway it does not wait; when somebody enables another key meanwhile, it leaves it at that.
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
    if (wait > 0) log(`waiting ${seconds(wait)} until every verifier can have key ${keyId}`);
    if (wait > 0) await pause(wait);
    entry = findEntry(await readAll(keyring), keyId);
  }
  const isDone =
    entry && isPending(entry)
      ? await enableKey(dependencies, keyId, { replaces: entry.replaces, onlyPending: true })
      : sameId((await dependencies.provider.getEnabledSignatureKey())?.key_id, keyId);
  log(
    isDone ? `key ${keyId} is enabled` : `key ${keyId} is abandoned: another was chosen, or it was deleted, meanwhile`,
  );
  return isDone ? 'enabled' : 'abandoned';
}

async function findSoon({ keyring, pause }: KeyDependencies, keyId: string): Promise<KeyringEntry> {
  const entry = await eventually(async () => findEntry(await readAll(keyring), keyId), pause, aMinute);
  if (entry) return entry;
  throw new Error(
    `Key ${keyId} is not in the keyring, though it was written there: it is not enabled. If the keyring was put back to ` +
      'an earlier value, run this again: another key is made',
  );
}

/** Nothing is lost by enabling a key too early while no webhook can be verified. */
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
