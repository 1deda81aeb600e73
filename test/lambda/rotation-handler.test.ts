import { syncBuiltinESMExports } from 'node:module';
import timers from 'node:timers/promises';
import { afterEach, beforeEach, expect, jest, test } from '@jest/globals';
import { propagationMilliseconds } from '../../lambda/keys/rotation.ts';
import { createProvider } from '../../lambda/messagemedia/client.ts';
import { handler, type RotationEvent } from '../../lambda/rotation-handler.ts';
import { localCredentials } from '../../sandbox/aws/credentials.ts';
import { type LocalSecrets, startSecrets } from '../../sandbox/aws/secrets.ts';
import { type ProviderSimulator, startProvider } from '../../sandbox/messagemedia/server.ts';
import { watchClients } from '../client-limits.ts';
import { type RecordedLog, recordLog } from '../recorded-log.ts';

const waits: number[] = [];

let provider: ProviderSimulator;
let secrets: LocalSecrets;
const environment = { ...process.env };
let output: RecordedLog;

beforeEach(async () => {
  [provider, secrets] = await Promise.all([startProvider({ modulusLength: 1024 }), startSecrets()]);
  secrets.put('keyring', '{"keys":[]}');
  secrets.put('credentials', JSON.stringify({ api_key: provider.apiKey, api_secret: provider.apiSecret }));
  waits.length = 0;
  // Waiting sixteen minutes is the only part that cannot run here.
  jest.spyOn(timers, 'setTimeout').mockImplementation(async (milliseconds = 0) => void waits.push(milliseconds));
  syncBuiltinESMExports();
  output = recordLog();
  Object.assign(process.env, {
    API_CREDENTIALS_SECRET_ID: 'credentials',
    MESSAGEMEDIA_BASE_URL: provider.url,
    SIGNATURE_DIGEST: 'SHA512',
    KEYRING_SECRET_ID: 'keyring',
    AWS_REGION: 'us-east-1',
    AWS_ACCESS_KEY_ID: localCredentials.accessKeyId,
    AWS_SECRET_ACCESS_KEY: localCredentials.secretAccessKey,
    AWS_ENDPOINT_URL_SECRETS_MANAGER: secrets.url,
  });
});
afterEach(async () => {
  jest.restoreAllMocks();
  syncBuiltinESMExports();
  process.env = { ...environment };
  await Promise.all([provider.close(), secrets.close()]);
});

const steps = ['createSecret', 'setSecret', 'testSecret', 'finishSecret'] as const;

async function rotate(until: RotationEvent['Step'] = 'finishSecret'): Promise<string> {
  const ClientRequestToken = secrets.startRotation('keyring');
  for (const Step of steps.slice(0, steps.indexOf(until) + 1)) {
    await handler({ Step, SecretId: 'keyring', ClientRequestToken });
  }
  return ClientRequestToken;
}

/** The function's log. */
const lines = () => output.entries();

const api = () => createProvider({ baseUrl: provider.url, apiKey: provider.apiKey, apiSecret: provider.apiSecret });

type Entry = { key_id: string; deleted_at?: string };
const allKeys = (): Entry[] => JSON.parse(secrets.get('keyring') ?? '').keys;
/** The keys, without deleted ones. */
const keys = () => allKeys().filter(({ deleted_at }) => !deleted_at);

test('the four steps of Secrets Manager make the first key and then replace it, and their log has no secret', async () => {
  const token = await rotate();
  const [first] = keys();
  expect(provider.signingKey()).toMatchObject({ id: first?.key_id, digest: 'SHA512' });
  // No webhook could be verified before, so there is no need to wait.
  expect(waits).toEqual([]);
  // No version is left pending.
  expect(await rotate()).not.toBe(token);
  const [second] = keys();
  expect(keys()).toHaveLength(1);
  expect(allKeys()).toHaveLength(2);
  expect(second?.key_id).not.toBe(first?.key_id);
  expect(provider.signatureKeys().map(({ key_id }) => key_id)).toEqual([second?.key_id]);
  expect(waits[0]).toBeGreaterThan(propagationMilliseconds - 60_000);
  expect(new Set(lines().map(({ service, step }) => `${service} ${step}`))).toEqual(
    new Set(steps.map((step) => `key-rotation ${step}`)),
  );
  expect(output.text).not.toContain(provider.apiSecret);
  expect(output.text).not.toContain(Buffer.from(`${provider.apiKey}:${provider.apiSecret}`).toString('base64'));
});

test.each(['of the first key', 'of another'])('every step of a rotation can be run twice: %s', async (which) => {
  if (which === 'of another') await rotate();
  const ClientRequestToken = secrets.startRotation('keyring');
  for (const Step of steps) {
    await handler({ Step, SecretId: 'keyring', ClientRequestToken });
    await handler({ Step, SecretId: 'keyring', ClientRequestToken });
  }
  expect(keys()).toHaveLength(1);
  expect(provider.signatureKeys()).toHaveLength(1);
});

test('a key that was deleted while it waited does not stop rotation for good', async () => {
  await rotate();
  const token = await rotate('createSecret');
  const waiting = keys().at(-1)?.key_id ?? '';
  await api().deleteSignatureKey(waiting);
  await expect(handler({ Step: 'setSecret', SecretId: 'keyring', ClientRequestToken: token })).rejects.toThrow('404');
  await rotate();
  expect(keys().map(({ key_id }) => key_id)).toEqual([provider.signingKey()?.id]);
});

test('a createSecret that is run again after the first key was enabled creates no second', async () => {
  const ClientRequestToken = await rotate('setSecret');
  const enabled = provider.signingKey()?.id;
  await handler({ Step: 'createSecret', SecretId: 'keyring', ClientRequestToken });
  expect(keys().map(({ key_id }) => key_id)).toEqual([enabled]);
  expect(provider.signatureKeys()).toHaveLength(1);
});

test('setSecret says so if createSecret did not finish, after it has looked for a minute', async () => {
  const ClientRequestToken = secrets.startRotation('keyring');
  await expect(handler({ Step: 'setSecret', SecretId: 'keyring', ClientRequestToken })).rejects.toThrow(
    `Version ${ClientRequestToken} of the keyring has no value: createSecret did not finish`,
  );
  expect(waits.reduce((sum, wait) => sum + wait, 0)).toBeGreaterThan(59_000);
});

/** Gives the version of a rotation that has just begun a value. */
async function putVersion(ClientRequestToken: string, SecretId: string, SecretString: string): Promise<void> {
  const { PutSecretValueCommand, SecretsManagerClient } = await import('@aws-sdk/client-secrets-manager');
  const version = { SecretId, SecretString, ClientRequestToken, VersionStages: ['AWSPENDING'] };
  await new SecretsManagerClient().send(new PutSecretValueCommand(version));
}

test('a version without a new key enables nothing', async () => {
  const ClientRequestToken = secrets.startRotation('keyring');
  await putVersion(ClientRequestToken, 'keyring', '{"keys":[]}');
  await handler({ Step: 'setSecret', SecretId: 'keyring', ClientRequestToken });
  expect(lines()).toContainEqual(expect.objectContaining({ message: 'no new key waits to be enabled' }));
});

test('the key of this rotation is enabled, even if somebody has added another that waits', async () => {
  const ClientRequestToken = await rotate('createSecret');
  const [mine] = keys();
  const other = await api().createSignatureKey('SHA256');
  secrets.put('keyring', JSON.stringify({ keys: [{ ...other, pending_since: '2026-01-01T00:00:00Z' }, mine] }));
  await handler({ Step: 'setSecret', SecretId: 'keyring', ClientRequestToken });
  expect(provider.signingKey()?.id).toBe(mine?.key_id);
});

test('no call of Secrets Manager takes a minute, because a step has only a quarter of an hour', async () => {
  const { SecretsManagerClient } = await import('@aws-sdk/client-secrets-manager');
  const limits = watchClients(SecretsManagerClient);
  await rotate();
  expect((await limits()).SecretsManagerClient).toBeLessThan(60_000);
});

test.each([undefined, '{"keys":[]}'])(
  'the trial step of a new schedule passes without credentials, with a version of %j',
  async (value) => {
    secrets.put('other', '{"api_key":"","api_secret":""}');
    process.env.API_CREDENTIALS_SECRET_ID = 'other';
    secrets.put('new keyring', '{"keys":[]}');
    const ClientRequestToken = secrets.startRotation('new keyring');
    if (value !== undefined) await putVersion(ClientRequestToken, 'new keyring', value);
    await handler({ Step: 'testSecret', SecretId: 'new keyring', ClientRequestToken });
    expect(output.text).toContain('"message":"nothing to test: this rotation has not created a key"');
  },
);

/** What the log counts as failed, in order. */
const failed = () => lines().flatMap(({ RotationFailed }) => (RotationFailed === undefined ? [] : [RotationFailed]));

test('a failed step is counted until a rotation is finished', async () => {
  secrets.setNextRotation('keyring', new Date(Date.now() + 60_000));
  await rotate();
  const credentials = secrets.get('credentials') ?? '';
  secrets.put('credentials', '{"api_key":"wrong","api_secret":"wrong"}');
  await expect(rotate()).rejects.toThrow();
  secrets.put('credentials', credentials);
  // A step that succeeds ends nothing, nor does a check while the rotation is unfinished.
  await rotate('createSecret');
  await handler({});
  expect(failed()).toEqual([0, 1]);
  await rotate();
  await handler({});
  expect(failed()).toEqual([0, 1, 0, 0]);
});

const hours = (count: number) => new Date(Date.now() + count * 3_600_000);

test('a rotation that Secrets Manager has not begun a day after it was due is counted', async () => {
  secrets.setNextRotation('keyring', hours(-23));
  await handler({});
  expect(failed()).toEqual([0]);
  secrets.setNextRotation('keyring', hours(-25));
  await expect(handler({})).rejects.toThrow(/Secrets Manager should have rotated keyring by 20.*Z, and did not/);
  secrets.setNextRotation('keyring', undefined);
  await expect(handler({})).rejects.toThrow(
    'The rotation of keyring is switched off: start it with aws secretsmanager rotate-secret',
  );
  expect(failed()).toEqual([0, 1, 1]);
  expect(lines().at(-1)).toMatchObject({ level: 'ERROR', service: 'key-rotation', message: 'rotation failed' });
});

test('a keyring that cannot be read is not written over, and no key is created', async () => {
  for (const bad of ['garbage', '{"keys":[{', '{"keys":[{"key_id":"a","public_key":"AAAA"}]}']) {
    secrets.put('keyring', bad);
    await expect(rotate()).rejects.toThrow('"mmw keys restore" brings it back');
    expect(secrets.get('keyring')).toBe(bad);
  }
  expect(await api().listSignatureKeys()).toEqual([]);
});
