import {
  GetSecretValueCommand,
  PutSecretValueCommand,
  ResourceNotFoundException,
  type SecretsManagerClient,
} from '@aws-sdk/client-secrets-manager';
import { type KeyringEntry, readEntries, writeEntries } from './keyring-secret.ts';

/** The keyring as those see it who change it. Verifiers only ever read, see `createKeyring`. */
export interface KeyringStore {
  /** What verifiers read, or what one version holds. @returns `undefined` for a version without a value */
  read(versionId?: string): Promise<KeyringEntry[] | undefined>;
  /** Replaces what verifiers read. @param versionId for the new version, to make a repeated call harmless */
  write(entries: readonly KeyringEntry[], versionId?: string): Promise<void>;
}

/** A keyring in Secrets Manager. */
export function createKeyringStore(client: SecretsManagerClient, secretId: string): KeyringStore {
  return {
    read: async (versionId) => {
      try {
        const { SecretString } = await client.send(
          new GetSecretValueCommand({ SecretId: secretId, VersionId: versionId }),
        );
        return readEntries(SecretString ?? '').map(toEntry);
      } catch (error) {
        if (versionId !== undefined && error instanceof ResourceNotFoundException) return undefined;
        throw error;
      }
    },
    write: async (entries, versionId) => {
      const SecretString = writeEntries(entries);
      await client.send(new PutSecretValueCommand({ SecretId: secretId, SecretString, ClientRequestToken: versionId }));
    },
  };
}

/** Nothing is dropped that cannot be read: it may be a key that a person will mend. */
function toEntry(entry: unknown): KeyringEntry {
  if (typeof entry === 'object' && entry !== null && 'public_key' in entry) return entry as KeyringEntry;
  throw new Error('The keyring secret holds something that is no key: mend it before keys are added or removed');
}
