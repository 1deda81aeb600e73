import { aMoment, eventually } from './eventually.ts';
import { deleteKey, KeyInUseError } from './key-changes.ts';
import type { KeyDependencies } from './key-dependencies.ts';
import { acknowledge } from './key-life.ts';
import { readAll } from './key-lookups.ts';
import { findEntry, isPending, isRetired, type KeyringEntry, type RetiredEntry, sameId } from './keyring-secret.ts';
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
  const retired = (await readAfter(dependencies, enabledId)).filter(isRetired);
  for (const [index, listed] of retired.entries()) {
    const keyId = listed.key_id;
    // The wait for another lies before all but the first.
    const entry = index === 0 ? listed : findEntry(await readAll(keyring), keyId);
    if (!entry || !isRetired(entry) || !(await waitToGoBack(dependencies, entry))) continue;
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

/** Who goes back to a key without this keyring is to be noticed before what it signs is too late for a retired key. */
const lookEveryMilliseconds = 60_000;

/** Waits as long as the keyring says, which is longer when the key has signed anew. @returns whether it is still to be deleted */
async function waitToGoBack(
  { provider, keyring, now, pause, log }: KeyDependencies,
  retired: RetiredEntry,
): Promise<boolean> {
  const keyId = retired.key_id;
  let entry: KeyringEntry | undefined = retired;
  let retiredAt: string | undefined;
  let left = 0;
  for (;;) {
    if (entry === undefined || !isRetired(entry)) return false;
    if (entry.retired_at !== retiredAt) {
      retiredAt = entry.retired_at;
      left = remaining(retiredAt, retryTailMilliseconds, now());
      const purpose = 'for whoever goes back to it';
      if (left > 0) log(`waiting ${seconds(left)} with key ${keyId} still at MessageMedia, ${purpose}`);
    }
    if (left <= 0) return true;
    if (sameId((await provider.getEnabledSignatureKey())?.key_id, keyId)) {
      await keyring.update((entries) => acknowledge(entries, keyId));
      log(`key ${keyId} is enabled again: it stays`);
      return false;
    }
    const wait = Math.min(left, lookEveryMilliseconds);
    await pause(wait, left);
    left -= wait;
    entry = findEntry(await readAll(keyring), keyId);
  }
}
