import { remaining, seconds } from '../deadline.ts';
import type { Provider } from '../messagemedia/client.ts';
import type { Digest } from '../signature.ts';
import {
  deleteKey,
  enableKey,
  exists,
  expectKey,
  type KeyDependencies,
  KeyInUseError,
  readAll,
} from './key-changes.ts';
import { acknowledge, addPending, afterDeleting } from './key-life.ts';
import { isTooLateFor, keysFor, parseKeyring } from './keyring.ts';
import { keyringCacheMilliseconds } from './keyring-cache.ts';
import {
  findEntry,
  isPending,
  isRetired,
  type KeyringEntry,
  type RetiredEntry,
  sameId,
  writeEntries,
} from './keyring-secret.ts';
import { aMinute, aMoment, eventually } from './keyring-store.ts';

/** What a rotation needs from outside. */
export interface RotationDependencies extends KeyDependencies {
  provider: KeyDependencies['provider'] & Pick<Provider, 'createSignatureKey'>;
  /** For the new key. */
  digest: Digest;
}

/**
 * A rotation in four steps, in this order below, that loses no webhook; the last is `retireKeys`. Its progress is read only from the keyring and from MessageMedia. So
 * each step can run again, a rotation can be killed at any point, and the next run continues there. At every moment, every
 * keyring that a function may hold contains the enabled key.
 */
export function createRotation(dependencies: RotationDependencies) {
  return {
    /** Creates a key in the keyring, or continues with one that waits there. @param versionId of its new version @returns its id */
    create: (versionId?: string) => create(dependencies, versionId),
    /** See `enablePending`. @param options `keyId` from `create` */
    enable: (options: EnableOptions = {}) => enablePending(dependencies, options),
    /** Checks that the enabled key is in the keyring. */
    confirm: () => confirm(dependencies),
    /** The four steps, or those that are left. @throws {Error} when somebody enabled another key meanwhile */
    run: () => run(dependencies),
    /** Deletes the key that waits to be enabled. @returns its id; `undefined` if none waits */
    abandon: () => abandon(dependencies),
  };
}
export type Rotation = ReturnType<typeof createRotation>;

async function run(dependencies: RotationDependencies): Promise<void> {
  let keyId: string | undefined;
  if (await isAlmostDone(dependencies)) {
    dependencies.log('finishing a rotation that was stopped; run the command again for another rotation');
  } else {
    keyId = await create(dependencies);
    if ((await enablePending(dependencies, { keyId })) !== 'enabled') {
      throw new Error(
        `The rotation to key ${keyId} is abandoned: meanwhile another key was chosen, or this one was deleted`,
      );
    }
  }
  await confirm(dependencies);
  await retireKeys(dependencies, keyId);
}

/** Whether the only step left is to delete old keys. If no key signs and verifies, there is more to do. */
async function isAlmostDone({ provider, keyring, now }: RotationDependencies): Promise<boolean> {
  const entries = await readAll(keyring);
  if (entries.some(isPending) || !entries.some(isRetired)) return false;
  const enabled = await provider.getEnabledSignatureKey();
  return enabled !== undefined && verifies(entries, enabled.key_id, now());
}

/** Step 1. What waits already is continued with, so that a rotation that was killed makes no second key. */
async function create(dependencies: RotationDependencies, versionId?: string): Promise<string> {
  const { provider, keyring, digest, now, log } = dependencies;
  const pending = (await readAll(keyring)).find(isPending);
  if (pending) {
    if (await exists(provider, pending.key_id)) {
      if (versionId !== undefined) await keyring.update((entries) => [...entries], versionId);
      log(`continuing with key ${pending.key_id} (${pending.digest}), which waits in the keyring to be enabled`);
      return pending.key_id;
    }
    log(`key ${pending.key_id} was deleted at MessageMedia: creating another`);
  }
  const enabled = await provider.getEnabledSignatureKey();
  const { enabled: _enabled, ...created } = await provider.createSignatureKey(digest);
  const entry = {
    ...created,
    pending_since: new Date(now()).toISOString(),
    ...(enabled && { replaces: enabled.key_id }),
  };
  const add = (entries: KeyringEntry[]) =>
    addPending(pending ? afterDeleting(entries, pending.key_id, now()) : entries, entry, enabled);
  await storeOrDelete(dependencies, add, created.key_id, versionId);
  log(`key ${created.key_id} is created and in the keyring`);
  return created.key_id;
}

/** Nobody can get a public key again, so if it cannot be stored, the key is deleted. */
async function storeOrDelete(
  { provider, keyring }: RotationDependencies,
  add: (entries: KeyringEntry[]) => KeyringEntry[],
  keyId: string,
  versionId?: string,
): Promise<void> {
  try {
    await keyring.update(add, versionId);
  } catch (cause) {
    const outcome = await provider.deleteSignatureKey(keyId).then(
      () => 'it was deleted at MessageMedia again, and nothing else has changed',
      () => 'deleting it at MessageMedia failed too. It is not enabled: delete it by hand',
    );
    throw new Error(`Key ${keyId} could not be written to the keyring: ${outcome}`, { cause });
  }
}

/** After this time every function has read the keyring again, in milliseconds: its cache, and time for a slow load. */
export const propagationMilliseconds = keyringCacheMilliseconds + 30_000;

/** Which key to enable, and when. */
export interface EnableOptions {
  /** The result of `create`, because the keyring may show it a moment later. By default the key that waits there. */
  keyId?: string | undefined;
  /** Does not wait. Functions with an older keyring then refuse webhooks until they have read it again. */
  atOnce?: boolean;
}

/**
 * Step 2. Waits until every function can have a key that waits to be enabled, and enables it. It does not wait if no webhook
 * can be verified anyway. If somebody enables another key meanwhile, that key stays enabled.
 *
 * @returns `nothing` if no key was named and none waited
 * @throws {Error} when the keyring does not show the key within a minute
 */
export async function enablePending(
  dependencies: KeyDependencies,
  { keyId: known, atOnce = false }: EnableOptions,
): Promise<'enabled' | 'abandoned' | 'nothing'> {
  const { keyring, pause, log } = dependencies;
  const keyId = known ?? (await readAll(keyring)).find(isPending)?.key_id;
  if (keyId === undefined) {
    log('no new key waits to be enabled');
    return 'nothing';
  }
  let entry: KeyringEntry | undefined = await findSoon(dependencies, keyId);
  if (isPending(entry) && !atOnce && (await mustWait(dependencies, keyId))) {
    const wait = remaining(entry.pending_since, propagationMilliseconds, dependencies.now());
    if (wait > 0) {
      log(`waiting ${seconds(wait)} until every function has read key ${keyId}`);
      await pause(wait);
    }
    entry = findEntry(await readAll(keyring), keyId);
  }
  const isDone =
    entry && isPending(entry)
      ? await enableKey(dependencies, keyId, { replaces: entry.replaces, onlyPending: true })
      : sameId((await dependencies.provider.getEnabledSignatureKey())?.key_id, keyId);
  const abandoned = 'is abandoned: meanwhile another was chosen, or it was deleted';
  log(`key ${keyId} ${isDone ? 'is enabled' : abandoned}`);
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

/** Step 3. */
async function confirm(dependencies: RotationDependencies): Promise<void> {
  const { provider, keyring, log } = dependencies;
  const enabled = await provider.getEnabledSignatureKey();
  if (enabled === undefined) throw new Error('MessageMedia has no key enabled: its webhooks arrive unsigned');
  await expectKey(dependencies, enabled.key_id);
  await keyring.update((entries) => acknowledge(entries, enabled.key_id));
  log(`webhooks are signed with key ${enabled.key_id}, which is in the keyring`);
}

/**
 * How long an old key stays at MessageMedia, in milliseconds, so that you can go back to it. It is longer than the
 * 5 x (60 s + 60 s) for which a webhook of the account is retried.
 */
export const retryTailMilliseconds = 10 * 60_000 + 60_000;

/**
 * Step 4. Waits for the time in which somebody may go back to a retired key, and then deletes the retired keys at MessageMedia.
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
    if ((await provider.getEnabledSignatureKey()) === undefined)
      log(`no key is enabled at MessageMedia: key ${keyId} stays, so that it can be enabled again`);
    else if (await deleteUnlessEnabled(dependencies, keyId))
      log(`key ${keyId} is deleted at MessageMedia; its public key stays in the keyring`);
    else await keep(dependencies, keyId);
  }
}

/** For a key that somebody enabled again meanwhile. */
async function keep({ keyring, log }: KeyDependencies, keyId: string): Promise<void> {
  await keyring.update((entries) => acknowledge(entries, keyId));
  log(`key ${keyId} is enabled again: it stays`);
}

async function readAfter({ keyring, pause }: KeyDependencies, enabledId?: string): Promise<KeyringEntry[]> {
  const look = async () => {
    const entries = await readAll(keyring);
    const isWaiting = (entry: KeyringEntry) => isPending(entry) && sameId(enabledId, entry.key_id);
    return entries.some(isWaiting) ? undefined : entries;
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
async function waitToGoBack(dependencies: KeyDependencies, retired: RetiredEntry): Promise<boolean> {
  const { provider, keyring, now, pause, log } = dependencies;
  const keyId = retired.key_id;
  let entry: KeyringEntry | undefined = retired;
  let retiredAt: string | undefined;
  let left = 0;
  for (;;) {
    if (entry === undefined || !isRetired(entry)) return false;
    if (entry.retired_at !== retiredAt) {
      retiredAt = entry.retired_at;
      left = remaining(retiredAt, retryTailMilliseconds, now());
      if (left > 0)
        log(`waiting ${seconds(left)} with key ${keyId} still at MessageMedia, so that you can go back to it`);
    }
    if (left <= 0) return true;
    if (sameId((await provider.getEnabledSignatureKey())?.key_id, keyId)) {
      await keep(dependencies, keyId);
      return false;
    }
    const wait = Math.min(left, lookEveryMilliseconds);
    await pause(wait, left);
    left -= wait;
    entry = findEntry(await readAll(keyring), keyId);
  }
}

async function abandon(dependencies: RotationDependencies): Promise<string | undefined> {
  const pending = (await readAll(dependencies.keyring)).find(isPending);
  if (pending === undefined) return undefined;
  await deleteKey(dependencies, pending.key_id);
  dependencies.log(`key ${pending.key_id} is deleted at MessageMedia, and is not enabled`);
  return pending.key_id;
}

/** Whether the receiver's own code accepts what the key signs now. */
export function verifies(entries: readonly KeyringEntry[], keyId: string, now: number): boolean {
  const { keys } = parseKeyring(writeEntries(entries));
  return keysFor(keyId, keys).some((key) => !isTooLateFor(key, now));
}
