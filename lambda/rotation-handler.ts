import { setTimeout as sleep } from 'node:timers/promises';
import {
  DescribeSecretCommand,
  SecretsManagerClient,
  UpdateSecretVersionStageCommand,
} from '@aws-sdk/client-secrets-manager';
import { fromEnv } from '@aws-sdk/credential-provider-env';
import { rotationService } from './contract.ts';
import { readRotationEnvironment } from './environment.ts';
import { eventually } from './keys/eventually.ts';
import { findEntry, isPending, type KeyringEntry } from './keys/keyring-secret.ts';
import { createKeyringStore, type KeyringStore } from './keys/keyring-store.ts';
import { createRotation } from './keys/rotation.ts';
import { createLog } from './log.ts';
import { connectWithSecret } from './provider/api-credentials.ts';

/** What Secrets Manager sends to a rotation function, once a step. */
export interface RotationEvent {
  Step: 'createSecret' | 'setSecret' | 'testSecret' | 'finishSecret';
  SecretId: string;
  /** Id of the version that this rotation makes. */
  ClientRequestToken: string;
}

const logger = createLog(rotationService);

/** A step that got no answer says so, and is tried again: nothing waits until Lambda ends the function. */
const clientSettings = {
  credentials: fromEnv(),
  maxAttempts: 3,
  requestHandler: {
    connectionTimeout: 1_000,
    requestTimeout: 5_000,
    socketTimeout: 5_000,
    throwOnRequestTimeout: true,
  },
};

/**
 * Lambda's entry point for Secrets Manager. Its steps are made for secrets that change before they are announced; a
 * verification key is announced first. So `createSecret` already makes the keyring with both keys current, `setSecret`
 * waits and enables, `testSecret` checks, and `finishSecret` waits and deletes the old key at MessageMedia.
 */
export async function handler({ Step, SecretId, ClientRequestToken: token }: RotationEvent): Promise<void> {
  const { apiCredentialsSecretId, baseUrl, digest } = readRotationEnvironment(process.env);
  const client = new SecretsManagerClient(clientSettings);
  const log = (message: string) => logger.info(message, { step: Step });
  const pause = (milliseconds: number) => sleep(milliseconds);
  const keyring = createKeyringStore(client, SecretId, { pause, warn: (message) => logger.warn(message) });
  const version = await keyring.read(token);
  const made = version?.find(isPending)?.key_id;
  if (Step === 'testSecret' && made === undefined) {
    // How Secrets Manager tries out a new schedule: there may be no credentials yet, and nothing was created.
    logger.info('nothing to test: this rotation has made no key');
    return;
  }
  const provider = await connectWithSecret(client, apiCredentialsSecretId, baseUrl);
  const rotation = createRotation({ provider, keyring, digest, now: Date.now, pause, log });
  const steps: Record<RotationEvent['Step'], () => Promise<unknown>> = {
    createSecret: async () => {
      // Run again, it must not make a second key once the first is enabled; until then the rotation sees to that.
      const entry = made === undefined ? undefined : findEntry((await keyring.read()) ?? [], made);
      if (entry && !isPending(entry)) return;
      await rotation.create(version === undefined ? token : undefined);
    },
    setSecret: async () => rotation.enable({ keyId: await findWaiting(keyring, token, pause) }),
    testSecret: rotation.confirm,
    finishSecret: async () => {
      await rotation.retire(made);
      await clearPending(client, SecretId, token);
    },
  };
  await steps[Step]();
}

/**
 * The key that `createSecret` left to be enabled: the one of this rotation's version, unless that was gone at
 * MessageMedia and another was made.
 */
async function findWaiting(
  keyring: KeyringStore,
  token: string,
  pause: (milliseconds: number) => Promise<void>,
): Promise<string | undefined> {
  const version = await eventually(() => keyring.read(token), pause);
  if (version === undefined)
    throw new Error(`Version ${token} of the keyring has no value: createSecret did not end well`);
  const made = version.find(isPending)?.key_id;
  const entries: KeyringEntry[] = (await keyring.read()) ?? [];
  const isReplaced = made !== undefined && !isWaiting(entries, made);
  return (isReplaced ? entries.find(isPending)?.key_id : undefined) ?? made;
}

function isWaiting(entries: readonly KeyringEntry[], keyId: string): boolean {
  const entry = findEntry(entries, keyId);
  return entry !== undefined && isPending(entry);
}

/** The label must not stay on a version that is no longer current, or Secrets Manager takes the rotation for unfinished. */
async function clearPending(client: SecretsManagerClient, secretId: string, token: string): Promise<void> {
  const { VersionIdsToStages } = await client.send(new DescribeSecretCommand({ SecretId: secretId }));
  if (!VersionIdsToStages?.[token]?.includes('AWSPENDING')) return;
  await client.send(
    new UpdateSecretVersionStageCommand({ SecretId: secretId, VersionStage: 'AWSPENDING', RemoveFromVersionId: token }),
  );
}
