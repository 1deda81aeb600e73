import { keyringCacheMilliseconds, parseKeyring } from './keyring.ts';
import { afterEnabling, identify, type KeyringEntry, sameId, writeEntries } from './keyring-secret.ts';
import type { KeyringStore } from './keyring-store.ts';
import { ProviderError } from './provider/error.ts';
import type { Provider } from './provider/provider.ts';
import type { Digest } from './signature.ts';

/** After this long every verifier has read the keyring anew: its cache, and time for a slow load. */
export const propagationMilliseconds = keyringCacheMilliseconds + 30_000;

/** After this long no retry of a webhook signed with an old key is due: 5 x (60 s + 60 s), and time for a slow one. */
export const retryTailMilliseconds = 10 * 60_000 + 60_000;

/** What a rotation needs from outside. Times are milliseconds since the epoch. */
export interface RotationDependencies {
  provider: Pick<
    Provider,
    'createSignatureKey' | 'getSignatureKey' | 'getEnabledSignatureKey' | 'enableSignatureKey' | 'deleteSignatureKey'
  >;
  keyring: KeyringStore;
  /** For the new key. */
  digest: Digest;
  now: () => number;
  pause: (milliseconds: number) => Promise<void>;
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
  /** Waits until every verifier can have the new key unless told not to, proves that it is there, and enables it. */
  enable(options?: { atOnce: boolean }): Promise<void>;
  /** Checks that the enabled key is one that verifiers can have. */
  confirm(): Promise<void>;
  /** Waits until no retry can be signed with the old key, and deletes it at MessageMedia, then in the keyring. */
  retire(): Promise<void>;
  /** All four steps, or those that are left of a run that was stopped. */
  run(): Promise<void>;
}

export function createRotation(dependencies: RotationDependencies): Rotation {
  const steps = {
    create: (versionId?: string) => create(dependencies, versionId),
    enable: (options?: { atOnce: boolean }) => enable(dependencies, options?.atOnce ?? false),
    confirm: () => confirm(dependencies),
    retire: () => retire(dependencies),
  };
  const run = async () => {
    const entries = await readAll(dependencies.keyring);
    const isAlmostDone = entries.some(isRetired) && !entries.some(isPending);
    if (isAlmostDone) dependencies.log('finishing a rotation that was stopped; run it again for another');
    else {
      await steps.create();
      await steps.enable();
    }
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
  const { enabled: _enabled, ...created } = await provider.createSignatureKey(digest);
  const entry: KeyringEntry = { ...created, pending_since: new Date(now()).toISOString() };
  if (enabled) entry.replaces = enabled.key_id;
  const add = (entries: KeyringEntry[]) => [
    ...identify(entries, enabled).filter(({ key_id }) => pending === undefined || !sameId(key_id, pending.key_id)),
    entry,
  ];
  await storeOrDelete(dependencies, add, created.key_id, versionId);
  log(`key ${created.key_id} is created and in the keyring`);
  return created.key_id;
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

async function enable(dependencies: RotationDependencies, atOnce: boolean): Promise<void> {
  const { provider, keyring, now, pause, log } = dependencies;
  const pending = (await readAll(keyring)).find(isPending);
  if (pending === undefined) return log('no new key waits to be enabled');
  const { key_id: keyId, pending_since: since, replaces } = pending;
  const wait = remaining(since, propagationMilliseconds, now());
  if (!atOnce && wait > 0 && !(await provider.getSignatureKey(keyId)).enabled) {
    log(`waiting ${seconds(wait)} until every verifier can have key ${keyId}`);
    await pause(wait);
    const stillPending = (await readAll(keyring)).some((entry) => isPending(entry) && sameId(entry.key_id, keyId));
    if (!stillPending) return log(`key ${keyId} was enabled or removed by somebody else meanwhile: leaving it alone`);
  }
  await enableKey(dependencies, keyId, replaces);
  log(`key ${keyId} is enabled`);
}

/**
 * Enables a key that verifiers can have, and notes in the keyring that the one before it is retired.
 *
 * @param replaces the key before it, for when it was enabled already and only the note is missing
 * @throws {Error} when the keyring does not have the key: every webhook would be refused
 */
export async function enableKey(
  { provider, keyring, now }: Pick<RotationDependencies, 'provider' | 'keyring' | 'now'>,
  keyId: string,
  replaces?: string,
): Promise<void> {
  prove(keyId, await readAll(keyring));
  const before = await provider.getEnabledSignatureKey();
  await provider.enableSignatureKey(keyId);
  const previousId = before && !sameId(before.key_id, keyId) ? before.key_id : replaces;
  await keyring.update((entries) => afterEnabling(entries, keyId, previousId, now()));
}

/** The key must come out of the keyring by the very code that verifiers read it with. */
function prove(keyId: string, entries: readonly KeyringEntry[]): void {
  const { keys } = parseKeyring(writeEntries(entries));
  if (keys.some(({ id }) => sameId(id, keyId))) return;
  throw new Error(
    `The keyring has no public key ${keyId}: with it enabled every webhook would be refused. MessageMedia gives a ` +
      'public key out only when it is created: create another key',
  );
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
    if (enabled && sameId(keyId, enabled.key_id)) {
      // Somebody went back to it meanwhile.
      await keyring.update((entries) => afterEnabling(entries, keyId, undefined, now()));
      log(`key ${keyId} is enabled again: it stays`);
      continue;
    }
    await deleteKey({ provider, keyring }, keyId);
    log(`key ${keyId} is deleted`);
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
  return entry.key_id !== undefined && entry.retired_at !== undefined;
}

async function readAll(keyring: KeyringStore): Promise<KeyringEntry[]> {
  return (await keyring.read()) ?? [];
}

async function exists(provider: Pick<Provider, 'getSignatureKey'>, keyId: string): Promise<boolean> {
  try {
    await provider.getSignatureKey(keyId);
    return true;
  } catch (error) {
    if (isNotFound(error)) return false;
    throw error;
  }
}

/** Deletes a key at MessageMedia first: a key that can still sign must stay in the keyring. It may be gone already. */
export async function deleteKey(
  { provider, keyring }: Pick<RotationDependencies, 'provider' | 'keyring'>,
  keyId: string,
): Promise<void> {
  try {
    await provider.deleteSignatureKey(keyId);
  } catch (error) {
    if (!isNotFound(error)) throw error;
  }
  await keyring.update((entries) => {
    const left = entries.filter((entry) => !sameId(entry.key_id, keyId));
    return left.length < entries.length ? left : entries;
  });
}

/** Milliseconds of a period that are left; all of it when its beginning cannot be read or is still to come. */
function remaining(since: string, period: number, now: number): number {
  const begun = Date.parse(since);
  return begun <= now ? begun + period - now : period;
}

function isNotFound(error: unknown): boolean {
  return error instanceof ProviderError && error.code === 'not_found';
}

function seconds(milliseconds: number): string {
  return `${Math.ceil(milliseconds / 1000)} s`;
}
