import type { Provider } from '../messagemedia/client.ts';
import type { Digest } from '../signature.ts';
import { type EnableOptions, type EnableOutcome, enablePending } from './enabling.ts';
import { deleteKey } from './key-changes.ts';
import type { KeyDependencies } from './key-dependencies.ts';
import { acknowledge, addPending, afterDeleting } from './key-life.ts';
import { exists, expectKey, readAll, verifies } from './key-lookups.ts';
import { isPending, isRetired, type KeyringEntry } from './keyring-secret.ts';
import { retireKeys } from './retirement.ts';

/** What a rotation needs from outside. */
export interface RotationDependencies extends KeyDependencies {
  provider: KeyDependencies['provider'] & Pick<Provider, 'createSignatureKey'>;
  /** For the new key. */
  digest: Digest;
}

/**
 * A rotation in four steps that loses no webhook. Its progress is read only from the keyring and from MessageMedia. So
 * each step can run again, a rotation can be killed at any point, and the next run continues there. At every moment, every
 * keyring that a function may hold contains the enabled key.
 */
export interface Rotation {
  /**
   * Creates a key and adds it to the keyring beside the old one, or continues with one that waits there to be enabled.
   *
   * @param versionId of the keyring's new version
   * @returns the key's id
   */
  create(versionId?: string): Promise<string>;
  /**
   * Waits until every function can have the new key (unless told not to), checks that it is there, and enables it. It does
   * not wait if no webhook can be verified anyway. If somebody enables another key meanwhile, that key stays enabled.
   *
   * @param options `keyId` from `create`, because the keyring may show it a moment later
   * @throws {Error} when the keyring does not show that key within a minute
   */
  enable(options?: EnableOptions): Promise<EnableOutcome>;
  /** Checks that the enabled key is in the keyring. */
  confirm(): Promise<void>;
  /**
   * Waits for the time in which you can go back to the old key, and deletes it at MessageMedia. Its public key stays.
   *
   * @param enabledId the key that was just enabled
   */
  retire(enabledId?: string): Promise<void>;
  /**
   * All four steps, or the remaining steps of a run that was stopped.
   *
   * @throws {Error} when somebody enabled another key meanwhile
   */
  run(): Promise<void>;
  /** Deletes the key that waits to be enabled. @returns its id; `undefined` if none waits */
  abandon(): Promise<string | undefined>;
}

export function createRotation(dependencies: RotationDependencies): Rotation {
  return {
    create: (versionId) => create(dependencies, versionId),
    enable: (options = {}) => enablePending(dependencies, options),
    confirm: () => confirm(dependencies),
    retire: (enabledId) => retireKeys(dependencies, enabledId),
    run: () => run(dependencies),
    abandon: () => abandon(dependencies),
  };
}

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

async function confirm(dependencies: RotationDependencies): Promise<void> {
  const { provider, keyring, log } = dependencies;
  const enabled = await provider.getEnabledSignatureKey();
  if (enabled === undefined) throw new Error('MessageMedia has no key enabled: its webhooks arrive unsigned');
  await expectKey(dependencies, enabled.key_id);
  await keyring.update((entries) => acknowledge(entries, enabled.key_id));
  log(`webhooks are signed with key ${enabled.key_id}, which is in the keyring`);
}

async function abandon(dependencies: RotationDependencies): Promise<string | undefined> {
  const pending = (await readAll(dependencies.keyring)).find(isPending);
  if (pending === undefined) return undefined;
  await deleteKey(dependencies, pending.key_id);
  dependencies.log(`key ${pending.key_id} is deleted at MessageMedia, and is not enabled`);
  return pending.key_id;
}
