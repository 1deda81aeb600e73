import { aMoment, eventually } from './eventually.ts';
import { deleteKey, KeyInUseError } from './key-changes.ts';
import type { KeyDependencies } from './key-dependencies.ts';
import { acknowledge } from './key-life.ts';
import { readAll } from './key-lookups.ts';
import { findEntry, isPending, isRetired, type KeyringEntry, type RetiredEntry, sameId } from './keyring-secret.ts';
import { remaining, seconds } from './waiting.ts';

/**
 * How long an old key stays at MessageMedia, in milliseconds, so that you can go back to it. It is longer than the
 * 5 x (60 s + 60 s) for which a webhook of the account is retried.
 */
export const retryTailMilliseconds = 10 * 60_000 + 60_000;

/**
 * Waits for the time in which somebody may go back to a retired key, and then deletes the retired keys at MessageMedia.
 * Their public keys stay in the keyring.
 *
 * @param enabledId the key that was just enabled, if any, because the keyring may show it a moment later
 */
export async function retireKeys(dependencies: KeyDependencies, enabledId?: string): Promise<void> {
  const { provider, keyring, log } = dependencies;
  const retired = (await readAfter(dependencies, enabledId)).filter(isRetired);
  for (const [index, listed] of retired.entries()) {
    const keyId = listed.key_id;
    // All but the first are read again, because another key was waited for in between.
    const entry = index === 0 ? listed : findEntry(await readAll(keyring), keyId);
    if (!entry || !isRetired(entry) || !(await waitToGoBack(dependencies, entry))) continue;
    const enabled = await provider.getEnabledSignatureKey();
    if (enabled === undefined) {
      log(`no key is enabled at MessageMedia: key ${keyId} stays, so that it can be enabled again`);
      continue;
    }
    if (!sameId(enabled.key_id, keyId) && (await deleteUnlessEnabled(dependencies, keyId))) {
      log(`key ${keyId} is deleted at MessageMedia; its public key stays in the keyring`);
      continue;
    }
    // Somebody enabled it again meanwhile.
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

/** If somebody enables a retired key without this program, it must be noticed before the receiver refuses its webhooks. */
const lookEveryMilliseconds = 60_000;

/** Waits as long as the keyring says, which is longer if the key signed again. @returns whether to delete the key still */
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
      const purpose = 'so that you can go back to it';
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
