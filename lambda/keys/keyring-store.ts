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
import { type Diagnostics, readDiagnostics } from './diagnostics.ts';
import { eventually } from './eventually.ts';
import { expectOneAccount, type KeyringEntry, readEntries, secretText } from './keyring-secret.ts';
import { fitDiagnostics, fitEntries } from './keyring-size.ts';

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
   * @throws {Error} when the keyring would be larger than a secret, or give one key to two accounts, or others keep
   *   changing it for a minute
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

/** Options of a store. */
export interface KeyringStoreOptions {
  pause?: (milliseconds: number) => Promise<void>;
  /** Gets warnings for the operator about a keyring that was written, without key material. */
  warn?: (message: string) => void;
}

/** A keyring in Secrets Manager. */
export function createKeyringStore(
  client: Pick<SecretsManagerClient, 'send'>,
  SecretId: string,
  { pause = (milliseconds) => sleep(milliseconds), warn = () => {} }: KeyringStoreOptions = {},
): KeyringStore {
  const get = async (VersionId?: string): Promise<Content & { seen: string | undefined }> => {
    const command = new GetSecretValueCommand({ SecretId, VersionId });
    const found = await client.send(command).catch((error: unknown) => {
      // A secret that somebody created without a value. The first key is its first value.
      if (VersionId === undefined && hasNoValue(error)) return undefined;
      throw error;
    });
    if (found === undefined) return { entries: [], diagnostics: {}, seen: undefined };
    const { VersionId: seen, ...answer } = found;
    // What a proxy answers in the place of Secrets Manager is not an empty keyring.
    if (!seen) throw new Error('Secrets Manager answered without a VersionId, so what the keyring holds is not known');
    const secret = secretText(answer);
    return { entries: toEntries(secret), diagnostics: readDiagnostics(secret), seen };
  };

  /** @returns `true` when it is done, `undefined` when somebody else was faster, or an old value was read */
  const tryUpdate = async (change: (content: Content) => Content, versionId: string) => {
    const { seen, ...content } = await get();
    const changed = change(content);
    if (changed.entries === content.entries && changed.diagnostics === content.diagnostics) return true;
    expectOneAccount(content.entries, changed.entries);
    const write = changed.entries === content.entries ? fitDiagnostics : fitEntries;
    const { secret: SecretString, warnings } = write(changed.entries, changed.diagnostics);
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

function toEntries(secret: string): KeyringEntry[] {
  return secret.trim() === '' ? [] : readEntries(secret).map(toEntry);
}

/** An unreadable entry is not dropped, because a person may repair it. */
function toEntry(entry: unknown): KeyringEntry {
  const { key_id, public_key } = (entry ?? {}) as Record<string, unknown>;
  const isKey = typeof public_key === 'string' && /^\s*[A-Za-z0-9+/=\\-]/.test(public_key);
  if (isKey && key_id === null) return { ...(entry as KeyringEntry), key_id: '' };
  if (isKey && (key_id === undefined || typeof key_id === 'string')) return entry as KeyringEntry;
  throw new Error('The keyring secret holds an entry that is not a key: correct it before you add or remove keys');
}
