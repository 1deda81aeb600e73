import { setTimeout as sleep } from 'node:timers/promises';
import {
  DescribeSecretCommand,
  SecretsManagerClient,
  UpdateSecretVersionStageCommand,
} from '@aws-sdk/client-secrets-manager';
import { backgroundSettings } from './background-settings.ts';
import { environment, metrics as names, rotationService } from './contract.ts';
import { readRotatedSecret, readRotationEnvironment } from './environment.ts';
import { accountOf, isOf, keysOfAccount } from './keys/account-keys.ts';
import { readAll } from './keys/key-changes.ts';
import { findEntry, isPending, sameId } from './keys/keyring-secret.ts';
import { createKeyringStore, eventually, expectReadable, type KeyringStore } from './keys/keyring-store.ts';
import { createRotation, retireKeys } from './keys/rotation.ts';
import { createLog, describeError } from './log.ts';
import { connectWithSecret } from './messagemedia/api-credentials.ts';

/** The event that Secrets Manager sends to a rotation function for each step. */
export interface RotationEvent {
  Step: 'createSecret' | 'setSecret' | 'testSecret' | 'finishSecret';
  SecretId: string;
  /** Id of the version that this rotation creates. */
  ClientRequestToken: string;
}

const logger = createLog(rotationService);
// Metrics have the name of this rotation, as there may be several in an account.
const metricLog = createLog(process.env[environment.service] ?? rotationService);

/** How late Secrets Manager may begin a rotation. */
const allowedDelay = 24 * 3_600_000;

const clientSettings = backgroundSettings(5_000);

/**
 * Lambda's entry point for Secrets Manager, and for a daily schedule, whose event has no step. It counts what fails, until
 * a rotation is finished: a step that succeeds after one that failed ends nothing.
 */
export async function handler(event: RotationEvent | { Step?: undefined }): Promise<void> {
  try {
    if (event.Step === undefined) return await checkSchedule();
    await takeStep(event);
    if (event.Step === 'finishSecret')
      metricLog.info('rotated', { step: event.Step }, { values: { [names.rotationFailed]: 0 } });
  } catch (error) {
    const fields = { step: event.Step, detail: describeError(error) };
    metricLog.error('rotation failed', fields, { values: { [names.rotationFailed]: 1 } });
    throw error;
  }
}

/**
 * Secrets Manager says nothing when it cannot begin a rotation, so this asks it. While a rotation is unfinished, it is not
 * known whether it will succeed, so nothing is counted.
 *
 * @throws {Error} if the schedule is off, or a rotation should have begun more than a day ago
 */
async function checkSchedule(): Promise<void> {
  const SecretId = readRotatedSecret(process.env);
  const description = await new SecretsManagerClient(clientSettings).send(new DescribeSecretCommand({ SecretId }));
  const { RotationEnabled, NextRotationDate, VersionIdsToStages = {} } = description;
  if (!RotationEnabled)
    throw new Error(`The rotation of ${SecretId} is switched off: start it with aws secretsmanager rotate-secret`);
  if (NextRotationDate && Date.now() - NextRotationDate.getTime() > allowedDelay)
    throw new Error(
      `Secrets Manager should have rotated ${SecretId} by ${NextRotationDate.toISOString()}, and did not`,
    );
  // The last step takes this label away, from the current version too.
  if (Object.values(VersionIdsToStages).some((labels) => labels.includes('AWSPENDING'))) return;
  metricLog.info('rotation is on schedule', {}, { values: { [names.rotationFailed]: 0 } });
}

/**
 * The steps of Secrets Manager are made for secrets that change before readers get them. But readers must have a
 * verification key before it is used. So `createSecret` already makes the keyring with both keys current, `setSecret`
 * waits and enables, `testSecret` checks, and `finishSecret` waits and deletes the old key at MessageMedia.
 */
async function takeStep({ Step, SecretId, ClientRequestToken: token }: RotationEvent): Promise<void> {
  const { apiCredentialsSecretId, baseUrl, digest } = readRotationEnvironment(process.env);
  const client = new SecretsManagerClient(clientSettings);
  const log = (message: string) => logger.info(message, { step: Step });
  const pause = (milliseconds: number) => sleep(milliseconds);
  const shared = createKeyringStore(client, SecretId, { pause, warn: (message) => logger.warn(message) });
  await expectReadable(shared);
  const version = await shared.read(token);
  if (Step === 'testSecret' && !version?.some(isPending)) {
    // Secrets Manager tests a new schedule like this. There may be no credentials yet, and no key was created.
    logger.info('nothing to test: this rotation has not created a key');
    return;
  }
  const { keyProvider: provider } = await connectWithSecret(client, apiCredentialsSecretId, baseUrl);
  const account = await accountOf(provider, shared);
  const keyring = keysOfAccount(shared, account);
  const made = version?.filter(isOf(account)).find(isPending)?.key_id;
  const dependencies = { provider, keyring, digest, now: Date.now, pause, log };
  const rotation = createRotation(dependencies);
  const steps: Record<RotationEvent['Step'], () => Promise<unknown>> = {
    createSecret: async () => {
      // If this step runs again after the first key was enabled, it must not create a second. Until then `create` ensures this.
      const entry = made === undefined ? undefined : findEntry(await readAll(keyring), made);
      if (entry && !isPending(entry)) return;
      await rotation.create(version === undefined ? token : undefined);
    },
    setSecret: async () => rotation.enable({ keyId: await findWaiting(keyring, token, pause) }),
    testSecret: rotation.confirm,
    finishSecret: async () => {
      await retireKeys(dependencies, made);
      await clearPending(client, SecretId, token);
    },
  };
  await steps[Step]();
}

/**
 * The key that `createSecret` created and that waits to be enabled. It is the key of this rotation's version, unless that
 * was gone at MessageMedia and another was created.
 */
async function findWaiting(
  keyring: KeyringStore,
  token: string,
  pause: (milliseconds: number) => Promise<void>,
): Promise<string | undefined> {
  const version = await eventually(() => keyring.read(token), pause);
  if (version === undefined)
    throw new Error(`Version ${token} of the keyring has no value: createSecret did not finish`);
  const made = version.find(isPending)?.key_id;
  const waiting = (await readAll(keyring)).filter(isPending);
  const isWaiting = waiting.some(({ key_id }) => sameId(made, key_id));
  return isWaiting ? made : (waiting[0]?.key_id ?? made);
}

/** If the label stays on a version that is no longer current, Secrets Manager regards the rotation as unfinished. */
async function clearPending(client: SecretsManagerClient, secretId: string, token: string): Promise<void> {
  const { VersionIdsToStages = {} } = await client.send(new DescribeSecretCommand({ SecretId: secretId }));
  if (!VersionIdsToStages[token]?.includes('AWSPENDING')) return;
  await client.send(
    new UpdateSecretVersionStageCommand({ SecretId: secretId, VersionStage: 'AWSPENDING', RemoveFromVersionId: token }),
  );
}
