import { aMoment, eventually } from './eventually.ts';
import { deleteKey, type KeyDependencies, KeyInUseError } from './key-changes.ts';
import { acknowledge } from './key-life.ts';
import { readAll } from './key-lookups.ts';
import { findEntry, isPending, isRetired, type KeyringEntry, sameId } from './keyring-secret.ts';
import { remaining, seconds } from './waiting.ts';

/**
 * How long an old key stays at MessageMedia, in milliseconds: the time in which one can go back to it. It is longer than
 * the 5 x (60 s + 60 s) for which a webhook of the account is retried.
 */
export const retryTailMilliseconds = 10 * 60_000 + 60_000;

/**
 * Waits until nobody wants to go back to the keys that are retired, and deletes them at MessageMedia. The keyring
 * remembers them.
 *
 * @param enabledId the key that was enabled just now, if any: the keyring may show it a moment later
 */
export async function retireKeys(dependencies: KeyDependencies, enabledId?: string): Promise<void> {
  const { provider, keyring, log } = dependencies;
  for (const { key_id: keyId } of (await readAfter(dependencies, enabledId)).filter(isRetired)) {
    if (!(await waitToGoBack(dependencies, keyId))) continue;
    const enabled = await provider.getEnabledSignatureKey();
    if (enabled === undefined) {
      log(`no key is enabled at MessageMedia: key ${keyId} stays, as the way back`);
      continue;
    }
    if (!sameId(enabled.key_id, keyId) && (await deleteUnlessEnabled(dependencies, keyId))) {
      log(`key ${keyId} is deleted at MessageMedia; the keyring remembers what it signed`);
      continue;
    }
    // Somebody went back to it meanwhile.
    await keyring.update((entries) => acknowledge(entries, keyId));
    log(`key ${keyId} is enabled again: it stays`);
  }
}

async function readAfter({ keyring, pause }: KeyDependencies, enabledId?: string): Promise<KeyringEntry[]> {
  const look = async () => {
    const entries = await readAll(keyring);
    const isShown = !entries.some((entry) => isPending(entry) && sameId(entry.key_id, enabledId ?? ''));
    return isShown ? entries : undefined;
  };
  return (await eventually(look, pause, aMoment)) ?? readAll(keyring);
}

async function deleteUnlessEnabled(dependencies: KeyDependencies, keyId: string): Promise<boolean> {
  try {
    await deleteKey(dependencies, keyId);
    return true;
  } catch (error) {
    if (error instanceof KeyInUseError) return false;
    throw error;
  }
}

/** Waits as long as the keyring says, and looks again: meanwhile the key may have signed anew. @returns whether it is still retired */
async function waitToGoBack({ keyring, now, pause, log }: KeyDependencies, keyId: string): Promise<boolean> {
  let waitedFor: string | undefined;
  for (;;) {
    const entry = findEntry(await readAll(keyring), keyId);
    if (entry === undefined || !isRetired(entry)) return false;
    const wait = remaining(entry.retired_at, retryTailMilliseconds, now());
    if (wait <= 0 || entry.retired_at === waitedFor) return true;
    log(`waiting ${seconds(wait)} with key ${keyId} still at MessageMedia, for whoever wants to go back to it`);
    waitedFor = entry.retired_at;
    await pause(wait);
  }
}
