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
import { type KeyringEntry, readEntries, writeEntries } from './keyring-secret.ts';

/** The keyring as those see it who change it. Verifiers only ever read, see `createKeyring`. */
export interface KeyringStore {
  /** What verifiers read, or what one version holds. @returns `undefined` for a version without a value */
  read(versionId?: string): Promise<KeyringEntry[] | undefined>;
  /**
   * Changes what verifiers read. When somebody else changes it at the same time, the change is made anew on theirs.
   *
   * @param change gets the entries, and gives them back as they are when there is nothing to change
   * @param versionId for the new version, if it has no value yet
   */
  update(change: (entries: KeyringEntry[]) => KeyringEntry[], versionId?: string): Promise<void>;
}

/** Label of a version that is about to become the current one. */
const nextStage = 'KEYRING_NEXT';

/** A keyring in Secrets Manager. */
export function createKeyringStore(client: SecretsManagerClient, SecretId: string): KeyringStore {
  const get = async (VersionId?: string) => {
    const { SecretString = '', VersionId: seen } = await client.send(
      new GetSecretValueCommand({ SecretId, VersionId }),
    );
    return { entries: toEntries(SecretString), seen };
  };

  /** @returns whether nobody else was faster */
  const tryUpdate = async (change: (entries: KeyringEntry[]) => KeyringEntry[], versionId: string) => {
    const { entries, seen } = await get();
    const changed = change(entries);
    if (changed === entries) return true;
    const SecretString = writeEntries(changed);
    const version = { ClientRequestToken: versionId, VersionStages: [nextStage] };
    await client.send(new PutSecretValueCommand({ SecretId, SecretString, ...version }));
    try {
      // Secrets Manager refuses this when AWSCURRENT is no longer on the version that was read.
      const move = { VersionStage: 'AWSCURRENT', MoveToVersionId: versionId, RemoveFromVersionId: seen };
      await client.send(new UpdateSecretVersionStageCommand({ SecretId, ...move }));
      return true;
    } catch (error) {
      if (error instanceof InvalidParameterException || error instanceof InvalidRequestException) return false;
      throw error;
    }
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
    update: async (change, versionId = randomUUID()) => {
      if (await tryUpdate(change, versionId)) return;
      // What was read may be some seconds old: Secrets Manager is eventually consistent.
      for (const pause of [0, 250, 500, 1_000, 2_000, 4_000]) {
        await sleep(pause);
        if (await tryUpdate(change, randomUUID())) return;
      }
      throw new Error('The keyring is being changed by somebody else all the time: try again later');
    },
  };
}

function toEntries(secret: string): KeyringEntry[] {
  return secret.trim() === '' ? [] : readEntries(secret).map(toEntry);
}

/** Nothing is dropped that cannot be read: it may be a key that a person will mend. */
function toEntry(entry: unknown): KeyringEntry {
  const { key_id, public_key } = (entry ?? {}) as Record<string, unknown>;
  const isKey = typeof public_key === 'string' && /^[A-Za-z0-9+/=\s\\-]+/.test(public_key.trim());
  if (isKey && key_id === null) return { ...(entry as KeyringEntry), key_id: '' };
  if (isKey && (key_id === undefined || typeof key_id === 'string')) return entry as KeyringEntry;
  throw new Error('The keyring secret holds something that is no key: mend it before keys are added or removed');
}
