import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import {
  GetSecretValueCommand,
  InvalidParameterException,
  InvalidRequestException,
  PutSecretValueCommand,
  ResourceNotFoundException,
  type SecretsManagerClient,
  UpdateSecretVersionStageCommand,
} from '@aws-sdk/client-secrets-manager';
import { parseKeyring } from './keyring.ts';
import {
  type Diagnostics,
  expectOneAccount,
  isDeleted,
  type KeyringEntry,
  KeyringError,
  maxSecretBytes,
  readDiagnostics,
  readEntries,
  secretText,
  writeEntries,
} from './keyring-secret.ts';

/** The keyring for code that changes it. Receivers only read it, see `createKeyring`. */
export interface KeyringStore {
  /**
   * The current entries, or those of one version. Secrets Manager may answer with the entries of a moment ago.
   *
   * @returns `undefined` for a version without a value
   */
  read(versionId?: string): Promise<KeyringEntry[] | undefined>;
  /**
   * Changes the current entries. If somebody else changes them at the same time, `change` runs again on their result. If an
   * answer is lost, `change` may run again on its own result.
   *
   * @param change gets the entries, and returns the same list if there is nothing to change
   * @param versionId for the new version, if it has no value yet
   * @throws {Error} when a key cannot be read before and after it, or the keyring would be larger than a secret, or give one
   *   key to two accounts, or others keep changing it for a minute
   */
  update(change: (entries: KeyringEntry[]) => KeyringEntry[], versionId?: string): Promise<void>;
  /** The diagnostics in the secret. */
  readDiagnostics(): Promise<Diagnostics>;
  /**
   * Changes the diagnostics in the way of `update`, and none of the keys.
   *
   * @throws {Error} when they do not fit into the secret beside its keys
   */
  updateDiagnostics(change: (diagnostics: Diagnostics) => Diagnostics): Promise<void>;
}

/** Content of the secret. */
interface Content {
  entries: KeyringEntry[];
  diagnostics: Diagnostics;
}

/** Label of a version that is about to become the current one. */
const nextStage = 'KEYRING_NEXT';

/**
 * A keyring in Secrets Manager. Nothing is written over one that cannot be read, but a change may remove what cannot. Secrets
 * Manager keeps one version besides the current one, so two changes would lose the last good one for good.
 *
 * @param options `warn` gets warnings for the operator about a keyring that was written
 */
export function createKeyringStore(
  client: Pick<SecretsManagerClient, 'send'>,
  SecretId: string,
  options: { pause?: (milliseconds: number) => Promise<void>; warn?: (message: string) => void } = {},
): KeyringStore {
  const { pause = (milliseconds) => sleep(milliseconds), warn = () => {} } = options;
  const get = async (VersionId?: string): Promise<Content & { seen: string | undefined }> => {
    const command = new GetSecretValueCommand({ SecretId, VersionId });
    const found = await client.send(command).catch((error: unknown) => {
      // A secret that somebody created without a value. The first key is its first value.
      if (VersionId === undefined && hasNoValue(error)) return undefined;
      throw error;
    });
    if (found === undefined) return { entries: [], diagnostics: {}, seen: undefined };
    const { VersionId: seen, ...answer } = found;
    return { ...toContent(secretText(answer)), seen };
  };

  /** @returns `true` when it is done, `undefined` when somebody else was faster, or an old value was read */
  const tryUpdate = async (change: (content: Content) => Content, versionId: string) => {
    const { seen, ...content } = await get();
    const changed = change(content);
    if (changed.entries === content.entries && changed.diagnostics === content.diagnostics) return true;
    refuseUnreadable(changed.entries);
    expectOneAccount(content.entries, changed.entries);
    const { secret: SecretString, warnings } = fitSecret(changed, changed.entries !== content.entries);
    const version = { ClientRequestToken: versionId, VersionStages: [nextStage] };
    await client.send(new PutSecretValueCommand({ SecretId, SecretString, ...version }));
    try {
      // Secrets Manager refuses this when AWSCURRENT is no longer on the version that was read.
      const move = { VersionStage: 'AWSCURRENT', MoveToVersionId: versionId, RemoveFromVersionId: seen };
      await client.send(new UpdateSecretVersionStageCommand({ SecretId, ...move }));
    } catch (error) {
      const isRefused = error instanceof InvalidParameterException || error instanceof InvalidRequestException;
      if (!isRefused) throw error;
      // It is also refused if it was done already and only the answer was lost.
      if ((await get()).seen !== versionId) return undefined;
    }
    for (const warning of warnings) warn(warning);
    return true;
  };

  const update = async (change: (content: Content) => Content, versionId: string = randomUUID()) => {
    let next = versionId;
    const done = await eventually(() => {
      const current = next;
      next = randomUUID();
      return tryUpdate(change, current);
    }, pause);
    if (done) return;
    throw new Error('Somebody else keeps changing the keyring: try again later');
  };

  return {
    read: async (versionId) => {
      try {
        return (await get(versionId)).entries;
      } catch (error) {
        if (versionId !== undefined && error instanceof ResourceNotFoundException) return undefined;
        throw error;
      }
    },
    update: (change, versionId) => update((content) => ({ ...content, entries: change(content.entries) }), versionId),
    readDiagnostics: async () => (await get()).diagnostics,
    updateDiagnostics: (change) => update((content) => ({ ...content, diagnostics: change(content.diagnostics) })),
  };
}

/** Only the words tell a secret without a value from one that does not exist. */
function hasNoValue(error: unknown): boolean {
  return error instanceof ResourceNotFoundException && /secret value/.test(error.message);
}

/** @throws {KeyringError} saying how to bring a keyring back that cannot be read */
function toContent(secret: string): Content {
  try {
    const entries = secret.trim() === '' ? [] : readEntries(secret).map(toEntry);
    return { entries, diagnostics: readDiagnostics(secret) };
  } catch (error) {
    if (error instanceof KeyringError) error.message += `. ${remedy}`;
    throw error;
  }
}

/** The last good version comes first: whatever writes another one pushes it out. */
export const remedy =
  'Nothing writes over it. The version before may be good: Secrets Manager has it as AWSPREVIOUS, and "mmw keys restore" brings it back.';

/** Whether the receiver can use an entry of a keyring. */
export function isReadable(entry: KeyringEntry): boolean {
  try {
    parseKeyring(writeEntries([entry]));
    return true;
  } catch {
    return false;
  }
}

/** @throws {KeyringError} for a keyring that cannot be read, saying how to bring it back */
export async function expectReadable(keyring: Pick<KeyringStore, 'read'>): Promise<void> {
  refuseUnreadable((await keyring.read()) ?? []);
}

function refuseUnreadable(entries: readonly KeyringEntry[]): void {
  const broken = entries.findIndex((entry) => !isReadable(entry));
  if (broken < 0) return;
  throw new KeyringError(`Key ${entries[broken]?.key_id || broken + 1} of the keyring cannot be read. ${remedy}`);
}

/** An entry that is not a key is not dropped, because a person may repair it. */
function toEntry(entry: unknown): KeyringEntry {
  const { key_id, public_key } = (entry ?? {}) as Record<string, unknown>;
  if (typeof public_key === 'string' && (key_id === undefined || key_id === null || typeof key_id === 'string'))
    return key_id === null ? { ...(entry as KeyringEntry), key_id: '' } : (entry as KeyringEntry);
  throw new KeyringError('The keyring secret holds an entry that is not a key');
}

/**
 * Writes a secret that Secrets Manager takes. If a change of keys does not fit, a probe and a capture end first. Then keys that
 * were deleted at MessageMedia are dropped, those deleted longest ago first. No key is worth less than a probe.
 *
 * @returns the secret, and what an operator should know of it
 * @throws {Error} when no deleted key is left to drop, or the probe or capture does not fit
 */
export function fitSecret(
  { entries, diagnostics }: Content,
  changesKeys: boolean,
): { secret: string; warnings: string[] } {
  const secret = writeEntries(entries, diagnostics);
  const size = Buffer.byteLength(secret);
  if (size <= maxSecretBytes) return { secret, warnings: [] };
  if (!changesKeys) {
    throw new Error(
      `The keyring has no room for a probe or a capture: it would have ${size} bytes, and a secret holds ${maxSecretBytes}. Remove a deleted key with "mmw keys forget"`,
    );
  }
  const names = Object.keys(diagnostics);
  const ended = names.length > 0 ? [`the keyring is full: ${names.join(' and ')} ended, to keep its keys`] : [];
  return dropDeleted(entries, ended);
}

function dropDeleted(entries: readonly KeyringEntry[], warnings: string[]): { secret: string; warnings: string[] } {
  const secret = writeEntries(entries);
  const size = Buffer.byteLength(secret);
  if (size <= maxSecretBytes) return { secret, warnings };
  const [oldest] = entries.filter(isDeleted).sort((one, other) => deletedAt(one) - deletedAt(other));
  if (oldest === undefined) {
    throw new Error(
      `The keyring would have ${size} bytes, and a secret holds ${maxSecretBytes}. None of its keys is deleted, so none was dropped: delete keys that are not in use with "mmw keys delete"`,
    );
  }
  const told = `the keyring is full: key ${oldest.key_id}, deleted ${oldest.deleted_at}, was dropped, and nothing that it signed verifies any more`;
  return dropDeleted(
    entries.filter((entry) => entry !== oldest),
    [...warnings, told],
  );
}

/** A key whose time cannot be read is dropped last. */
function deletedAt({ deleted_at }: KeyringEntry): number {
  const time = Date.parse(String(deleted_at));
  return Number.isNaN(time) ? Number.MAX_VALUE : time;
}

/** Pauses between looks, in milliseconds. Together they are a minute, which is far longer than Secrets Manager lags. */
export const aMinute = [500, 1_000, 2_000, 4_000, 8_000, 15_000, 30_000];

/** Pauses for a value that is probably not there at all. */
export const aMoment = [500, 1_000, 2_000];

/**
 * Looks again and again until a value is found, in a place where a change may arrive late.
 *
 * @param pauses between looks, in milliseconds
 * @returns `undefined` if nothing was found until the end
 */
export async function eventually<Found>(
  look: () => Promise<Found | undefined>,
  pause: (milliseconds: number) => Promise<void>,
  pauses: readonly number[] = aMinute,
): Promise<Found | undefined> {
  for (const milliseconds of pauses) {
    const found = await look();
    if (found !== undefined) return found;
    await pause(milliseconds);
  }
  return look();
}
