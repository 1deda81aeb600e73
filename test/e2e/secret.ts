import { GetSecretValueCommand, PutSecretValueCommand } from '@aws-sdk/client-secrets-manager';
import { keyringOf, type TestKey } from '../support.ts';
import type { Run } from './proof.ts';

/** Content of the deployed secret. */
export interface StoredKeyring {
  keyring: string;
  /** Changes whenever somebody writes the secret. */
  version: string | undefined;
}

/** Writes the deployed secret as its owner does. */
export async function putKeys({ clients, stack }: Run, ...keys: TestKey[]): Promise<void> {
  await clients.secrets.send(
    new PutSecretValueCommand({ SecretId: stack.keyringSecretId, SecretString: keyringOf(...keys) }),
  );
}

export async function readKeys({ clients, stack }: Run): Promise<StoredKeyring> {
  const { SecretString = '', VersionId } = await clients.secrets.send(
    new GetSecretValueCommand({ SecretId: stack.keyringSecretId }),
  );
  return { keyring: SecretString, version: VersionId };
}
