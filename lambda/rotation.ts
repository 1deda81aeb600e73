import {
  deleteKey,
  enableKey,
  exists,
  isVerifiable,
  type KeyChangeDependencies,
  prove,
  readAll,
  readUntil,
  repairEnabled,
} from './key-changes.ts';
import { keyringCacheMilliseconds } from './keyring.ts';
import { afterEnabling, identify, type KeyringEntry, sameId, without } from './keyring-secret.ts';
import type { Digest } from './signature.ts';

/** After this long every verifier has read the keyring anew: its cache, and time for a slow load. */
export const propagationMilliseconds = keyringCacheMilliseconds + 30_000;

/** How long a key can be gone back to before it is deleted, which the retries of a webhook fit into: 5 x (60 s + 60 s). */
export const retryTailMilliseconds = 10 * 60_000 + 60_000;

/** What a rotation needs from outside. Times are milliseconds since the epoch. */
export interface RotationDependencies extends KeyChangeDependencies {
  /** For the new key. */
  digest: Digest;
  /** Gets each step in words, without key material. */
  log: (message: string) => void;
}

/**
 * A rotation without a gap, in four steps. Where it stands is read from the keyring and from MessageMedia alone, so each
 * step can be run again, and the whole can be killed anywhere: the next run goes on from there. At every moment the
 * keyring that verifiers may hold has the enabled key in it.
 */
export interface Rotation {
  /**
   * Creates a key and puts it in the keyring beside the old one, or goes on with one that waits there to be enabled.
   * @param versionId of the keyring's new version
   * @returns the key's id
   */
  create(versionId?: string): Promise<string>;
  /**
   * Waits until every verifier can have the new key, unless told not to or nothing is verified meanwhile anyway; proves
   * that it is there, and enables it. A key that was abandoned meanwhile is left alone.
   */
  enable(options?: EnableOptions): Promise<void>;
  /** Checks that the enabled key is one that verifiers can have. */
  confirm(): Promise<void>;
  /** Waits until nobody is likely to go back to the old key, deletes it at MessageMedia, and keeps its public half. */
  retire(): Promise<void>;
  /** Gives up the key that waits to be enabled, in both places. @returns its id */
  abandon(): Promise<string | undefined>;
  /** All four steps, or those that are left of a run that was stopped. */
  run(): Promise<void>;
}

/** How a new key is enabled. */
export interface EnableOptions {
  /** The key, as `create` gave it; else the one that waits in the keyring. */
  keyId?: string | undefined;
  atOnce?: boolean;
}

export function createRotation(dependencies: RotationDependencies): Rotation {
  const steps = {
    create: (versionId?: string) => create(dependencies, versionId),
    enable: (options?: EnableOptions) => enable(dependencies, options),
    confirm: () => confirm(dependencies),
    retire: () => retire(dependencies),
    abandon: () => abandon(dependencies),
  };
  const run = async (): Promise<void> => {
    const entries = await readAll(dependencies.keyring);
    const enabled = await dependencies.provider.getEnabledSignatureKey();
    if (enabled && (await noteReturn(dependencies, enabled.key_id))) return run();
    // With no key enabled there is nothing to finish: webhooks are unsigned until a new one is.
    const isAlmostDone = enabled !== undefined && entries.some(isRetired) && !entries.some(isPending);
    if (isAlmostDone) dependencies.log('finishing a rotation that was stopped; run it again for another');
    else await steps.enable({ keyId: await steps.create() });
    await steps.confirm();
    await steps.retire();
  };
  return { ...steps, run };
}

async function create(dependencies: RotationDependencies, versionId?: string): Promise<string> {
  const { provider, keyring, digest, now, log } = dependencies;
  const pending = (await readAll(keyring)).find(isPending);
  if (pending) {
    if (await exists(provider, pending.key_id)) {
      if (versionId !== undefined) await keyring.update((entries) => [...entries], versionId);
      log(`going on with key ${pending.key_id} (${pending.digest}), which waits in the keyring to be enabled`);
      return pending.key_id;
    }
    log(`key ${pending.key_id} is gone at MessageMedia: making another`);
  }
  const enabled = await provider.getEnabledSignatureKey();
  if (enabled) await noteReturn(dependencies, enabled.key_id);
  const { enabled: _enabled, ...created } = await provider.createSignatureKey(digest);
  const entry: KeyringEntry = { ...created, pending_since: new Date(now()).toISOString() };
  if (enabled) entry.replaces = enabled.key_id;
  const add = (entries: KeyringEntry[]) => [
    // The new key may be there already, when the answer to writing it was lost.
    ...without(without(identify(entries, enabled), pending?.key_id ?? created.key_id), created.key_id),
    entry,
  ];
  await storeOrDelete(dependencies, add, created.key_id, versionId);
  log(`key ${created.key_id} is created and in the keyring`);
  return created.key_id;
}

/** Somebody went back to a retired key at MessageMedia alone: it signs again, so verifiers must take it again. */
async function noteReturn(dependencies: RotationDependencies, enabledId: string): Promise<boolean> {
  const { keyring, now, log } = dependencies;
  const isReturned = (entry: KeyringEntry) => isRetired(entry) && sameId(entry.key_id, enabledId);
  if (!(await readAll(keyring)).some(isReturned)) return false;
  await keyring.update((entries) => afterEnabling(entries, enabledId, undefined, now()));
  await readUntil(dependencies, (entries) => !entries.some(isReturned), `that key ${enabledId} is enabled again`);
  log(`key ${enabledId} is enabled again: noted in the keyring`);
  return true;
}

/** Nobody can ever get a key's public half again: when it cannot be stored, the key is deleted again. */
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
      () => 'it is deleted again at MessageMedia, and nothing else has changed',
      () => 'deleting it again failed too: it is not enabled, delete it by hand',
    );
    throw new Error(`Key ${keyId} could not be written to the keyring: ${outcome}`, { cause });
  }
}

async function enable(
  dependencies: RotationDependencies,
  { keyId: wanted, atOnce }: EnableOptions = {},
): Promise<void> {
  const { provider, keyring, now, pause, log } = dependencies;
  const isWanted = ({ key_id }: KeyringEntry) => wanted !== undefined && sameId(key_id, wanted);
  const entries = wanted
    ? await readUntil(dependencies, (shown) => shown.some(isWanted), `key ${wanted}`)
    : await readAll(keyring);
  const pending = entries.filter(isPending).find((entry) => wanted === undefined || isWanted(entry));
  if (pending === undefined) return log('no new key waits to be enabled');
  const { key_id: keyId, pending_since: since, replaces } = pending;
  const enabled = await provider.getEnabledSignatureKey();
  const isVerified = enabled !== undefined && isVerifiable(enabled.key_id, entries);
  if (!isVerified) log('no webhook is accepted at the moment: enabling the new key at once');
  const wait = remaining(since, propagationMilliseconds, now());
  if (!atOnce && isVerified && wait > 0 && !sameId(enabled.key_id, keyId)) {
    log(`waiting ${seconds(wait)} until every verifier can have key ${keyId}`);
    await pause(wait);
    const stillPending = (await readAll(keyring)).some((entry) => isPending(entry) && sameId(entry.key_id, keyId));
    if (!stillPending) return log(`key ${keyId} was enabled, abandoned or removed meanwhile: leaving it alone`);
  }
  await enableKey(dependencies, keyId, replaces);
  log(`key ${keyId} is enabled`);
}

async function abandon(dependencies: RotationDependencies): Promise<string | undefined> {
  const pending = (await readAll(dependencies.keyring)).find(isPending);
  if (pending === undefined) return undefined;
  await deleteKey(dependencies, pending.key_id);
  return pending.key_id;
}

async function confirm({ provider, keyring, log }: RotationDependencies): Promise<void> {
  const enabled = await provider.getEnabledSignatureKey();
  if (enabled === undefined) throw new Error('MessageMedia has no key enabled: its webhooks arrive unsigned');
  prove(enabled.key_id, await readAll(keyring));
  log(`webhooks are signed with key ${enabled.key_id}, and verifiers have it`);
}

async function retire(dependencies: RotationDependencies): Promise<void> {
  const { provider, keyring, now, log } = dependencies;
  for (const { key_id: keyId } of (await readAll(keyring)).filter(isRetired)) {
    if (!(await waitForRetries(dependencies, keyId))) continue;
    const enabled = await provider.getEnabledSignatureKey();
    if (enabled === undefined) {
      log(`key ${keyId} stays: no key is enabled, and it may be needed`);
      continue;
    }
    if (sameId(keyId, enabled.key_id)) {
      // Somebody went back to it meanwhile.
      await keyring.update((entries) => afterEnabling(entries, keyId, undefined, now()));
      log(`key ${keyId} is enabled again: it stays`);
      continue;
    }
    await deleteKey(dependencies, keyId);
    log(`key ${keyId} is deleted; its public half stays, to check what it signed`);
    const repaired = await repairEnabled(dependencies, enabled.key_id);
    if (repaired !== undefined)
      log(`key ${keyId} was enabled while it was deleted: key ${repaired} is enabled instead`);
  }
}

/** Waits as long as the keyring says, and looks again: meanwhile the key may have signed anew. @returns whether it is still retired */
async function waitForRetries({ keyring, now, pause, log }: RotationDependencies, keyId: string): Promise<boolean> {
  let waitedFor: string | undefined;
  for (;;) {
    const entry = (await readAll(keyring)).filter(isRetired).find(({ key_id }) => sameId(key_id, keyId));
    if (entry === undefined) return false;
    const wait = remaining(entry.retired_at, retryTailMilliseconds, now());
    if (wait <= 0 || entry.retired_at === waitedFor) return true;
    log(`waiting ${seconds(wait)} until no retry can be signed with key ${keyId}`);
    waitedFor = entry.retired_at;
    await pause(wait);
  }
}

type PendingEntry = KeyringEntry & Required<Pick<KeyringEntry, 'key_id' | 'pending_since'>>;

function isPending(entry: KeyringEntry): entry is PendingEntry {
  return entry.key_id !== undefined && entry.pending_since !== undefined;
}

type RetiredEntry = KeyringEntry & Required<Pick<KeyringEntry, 'key_id' | 'retired_at'>>;

function isRetired(entry: KeyringEntry): entry is RetiredEntry {
  return entry.key_id !== undefined && entry.retired_at !== undefined && entry.deleted_at === undefined;
}

/** Milliseconds of a period that are left; all of it when its beginning cannot be read or is still to come. */
function remaining(since: string, period: number, now: number): number {
  const begun = Date.parse(since);
  return begun <= now ? begun + period - now : period;
}

function seconds(milliseconds: number): string {
  return `${Math.ceil(milliseconds / 1000)} s`;
}
