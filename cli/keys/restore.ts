import {
  DescribeSecretCommand,
  GetSecretValueCommand,
  PutSecretValueCommand,
  ResourceNotFoundException,
  type SecretsManagerClient,
  UpdateSecretVersionStageCommand,
} from '@aws-sdk/client-secrets-manager';
import { type KeyringEntry, readEntries, secretText, writeEntries } from '../../lambda/keys/keyring-secret.ts';
import { isReadable } from '../../lambda/keys/keyring-store.ts';

/** Label of a version that could not be read, so that it is kept. */
export const brokenStage = 'KEYRING_UNREADABLE';

/** A version of the keyring, as far as it can be read. */
export interface KeyringVersion {
  id: string;
  createdAt: Date | undefined;
  /** Ids of the keys that can be read. */
  keys: string[];
  /** How many entries cannot be read. A value that is no keyring counts as one. */
  broken: number;
}

/** @returns `undefined` when no version has this label */
export async function readVersion(
  client: SecretsManagerClient,
  SecretId: string,
  VersionStage: 'AWSCURRENT' | 'AWSPREVIOUS',
): Promise<KeyringVersion | undefined> {
  const found = await client.send(new GetSecretValueCommand({ SecretId, VersionStage })).catch((error: unknown) => {
    if (error instanceof ResourceNotFoundException && /secret value/.test(error.message)) return undefined;
    throw error;
  });
  if (found?.VersionId === undefined) return undefined;
  const entries = entriesOf(secretText(found));
  const good = entries?.filter(isReadable) ?? [];
  const keys = good.map(({ key_id }) => key_id || '(no id)');
  return { id: found.VersionId, createdAt: found.CreatedDate, keys, broken: (entries?.length ?? 1) - good.length };
}

function entriesOf(secret: string): KeyringEntry[] | undefined {
  try {
    return secret.trim() === '' ? [] : (readEntries(secret) as KeyringEntry[]);
  } catch {
    return undefined;
  }
}

/**
 * Makes the previous version the current one, or else an empty keyring. The version that is current until then is kept under
 * a label of its own, which nothing here moves until another version cannot be read.
 */
export async function replaceVersion(
  client: SecretsManagerClient,
  SecretId: string,
  current: KeyringVersion,
  previous: KeyringVersion | undefined,
): Promise<void> {
  const { VersionIdsToStages = {} } = await client.send(new DescribeSecretCommand({ SecretId }));
  const [holder] = Object.entries(VersionIdsToStages).find(([, stages]) => stages.includes(brokenStage)) ?? [];
  const move = (VersionStage: string, MoveToVersionId: string, RemoveFromVersionId?: string) =>
    client.send(new UpdateSecretVersionStageCommand({ SecretId, VersionStage, MoveToVersionId, RemoveFromVersionId }));
  if (holder !== current.id) await move(brokenStage, current.id, holder);
  if (previous) await move('AWSCURRENT', previous.id, current.id);
  else await client.send(new PutSecretValueCommand({ SecretId, SecretString: writeEntries([]) }));
}
