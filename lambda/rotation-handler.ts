import { setTimeout as sleep } from 'node:timers/promises';
import { Logger } from '@aws-lambda-powertools/logger';
import {
  DescribeSecretCommand,
  GetSecretValueCommand,
  SecretsManagerClient,
  UpdateSecretVersionStageCommand,
} from '@aws-sdk/client-secrets-manager';
import { fromEnv } from '@aws-sdk/credential-provider-env';
import { rotationService } from './contract.ts';
import { readRotationEnvironment } from './environment.ts';
import { type KeyringEntry, sameId } from './keyring-secret.ts';
import { createKeyringStore, type KeyringStore } from './keyring-store.ts';
import { createProvider, type Provider } from './provider/provider.ts';
import { createRotation } from './rotation.ts';

/** What Secrets Manager sends to a rotation function, once a step. */
export interface RotationEvent {
  Step: 'createSecret' | 'setSecret' | 'testSecret' | 'finishSecret';
  SecretId: string;
  /** Id of the version that this rotation makes. */
  ClientRequestToken: string;
}

const logger = new Logger({ serviceName: rotationService });

/**
 * Lambda's entry point for Secrets Manager. Its steps are made for secrets that change before they are announced; a
 * verification key is announced first. So `createSecret` already makes the keyring with both keys current, `setSecret`
 * waits and enables, `testSecret` checks, and `finishSecret` waits and deletes the old key.
 */
export async function handler({ Step, SecretId, ClientRequestToken: token }: RotationEvent): Promise<void> {
  const { apiCredentialsSecretId, baseUrl, digest } = readRotationEnvironment(process.env);
  const client = new SecretsManagerClient({ credentials: fromEnv() });
  const keyring = createKeyringStore(client, SecretId);
  const version = await keyring.read(token);
  const made = version?.find(({ pending_since }) => pending_since !== undefined)?.key_id;
  if (Step === 'testSecret' && made === undefined) {
    // How Secrets Manager tries out a new schedule: there may be no credentials yet, and nothing was created.
    logger.info('nothing to test: this rotation has made no key');
    return;
  }
  const rotation = createRotation({
    provider: await connect(client, apiCredentialsSecretId, baseUrl),
    keyring,
    digest,
    now: Date.now,
    pause: (milliseconds) => sleep(milliseconds),
    log: (message) => logger.info(message, { step: Step }),
  });
  const steps: Record<RotationEvent['Step'], () => Promise<void>> = {
    createSecret: async () => {
      // Run again, it must not make a second key once the first is enabled; until then the rotation sees to that.
      const entry = made === undefined ? undefined : await find(keyring, made);
      if (entry && entry.pending_since === undefined) return;
      await rotation.create(version === undefined ? token : undefined);
    },
    setSecret: async () => {
      // A key that another run left waiting goes before; else the one made here must show, or this step fails loudly.
      const waiting = (await keyring.read())?.find(({ pending_since }) => pending_since !== undefined)?.key_id;
      const isEnabled = made !== undefined && (await find(keyring, made))?.enabled_at !== undefined;
      await rotation.enable({ keyId: waiting ?? (isEnabled ? undefined : made) });
    },
    testSecret: rotation.confirm,
    finishSecret: async () => {
      await rotation.retire();
      await clearPending(client, SecretId, token);
    },
  };
  await steps[Step]();
}

async function find(keyring: KeyringStore, keyId: string): Promise<KeyringEntry | undefined> {
  return (await keyring.read())?.find((entry) => sameId(entry.key_id, keyId));
}

/** Credentials are read at every step: nothing of them stays in the function. */
async function connect(client: SecretsManagerClient, secretId: string, baseUrl: string): Promise<Provider> {
  const { SecretString } = await client.send(new GetSecretValueCommand({ SecretId: secretId }));
  const { api_key: apiKey, api_secret: apiSecret, account } = parseCredentials(SecretString ?? '');
  if (typeof apiKey !== 'string' || typeof apiSecret !== 'string' || !apiKey || !apiSecret) {
    throw new Error(`Secret ${secretId} must hold {"api_key":"…","api_secret":"…"} of MessageMedia's API`);
  }
  return createProvider({ baseUrl, apiKey, apiSecret, ...(typeof account === 'string' && { account }) });
}

function parseCredentials(secret: string): Record<string, unknown> {
  try {
    return JSON.parse(secret) ?? {};
  } catch {
    return {};
  }
}

/** The label must not stay on a version that is no longer current, or Secrets Manager takes the rotation for unfinished. */
async function clearPending(client: SecretsManagerClient, secretId: string, token: string): Promise<void> {
  const { VersionIdsToStages } = await client.send(new DescribeSecretCommand({ SecretId: secretId }));
  if (!VersionIdsToStages?.[token]?.includes('AWSPENDING')) return;
  await client.send(
    new UpdateSecretVersionStageCommand({ SecretId: secretId, VersionStage: 'AWSPENDING', RemoveFromVersionId: token }),
  );
}
