import { afterAll, afterEach, beforeAll, beforeEach, expect, jest, test } from '@jest/globals';
import type { RotationEvent } from '../../lambda/rotation-handler.ts';
import { localCredentials } from '../../sandbox/aws/credentials.ts';
import { type LocalSecrets, startSecrets } from '../../sandbox/aws/secrets.ts';
import { type ProviderSimulator, startProvider } from '../../sandbox/provider/provider.ts';

// Waiting sixteen minutes is the only part that cannot run here.
const waits: number[] = [];
jest.unstable_mockModule('node:timers/promises', () => ({
  setTimeout: async (milliseconds: number) => {
    waits.push(milliseconds);
  },
}));
const { propagationMilliseconds } = await import('../../lambda/keys/enabling.ts');
const { handler } = await import('../../lambda/rotation-handler.ts');

let provider: ProviderSimulator;
let secrets: LocalSecrets;
const environment = { ...process.env };
let output: string;

beforeAll(async () => {
  [provider, secrets] = await Promise.all([startProvider({ modulusLength: 1024 }), startSecrets()]);
  secrets.put('keyring', '{"keys":[]}');
  secrets.put('credentials', JSON.stringify({ api_key: provider.apiKey, api_secret: provider.apiSecret }));
});
afterAll(() => Promise.all([provider.close(), secrets.close()]));
beforeEach(() => {
  waits.length = 0;
  output = '';
  for (const stream of [process.stdout, process.stderr]) {
    jest.spyOn(stream, 'write').mockImplementation((chunk) => {
      output += String(chunk);
      return true;
    });
  }
  Object.assign(process.env, {
    API_CREDENTIALS_SECRET_ID: 'credentials',
    MESSAGEMEDIA_BASE_URL: provider.url,
    SIGNATURE_DIGEST: 'SHA512',
    AWS_REGION: 'us-east-1',
    AWS_ACCESS_KEY_ID: localCredentials.accessKeyId,
    AWS_SECRET_ACCESS_KEY: localCredentials.secretAccessKey,
    AWS_ENDPOINT_URL_SECRETS_MANAGER: secrets.url,
  });
});
afterEach(() => {
  jest.restoreAllMocks();
  process.env = { ...environment };
});

const steps = ['createSecret', 'setSecret', 'testSecret', 'finishSecret'] as const;

async function rotate(until: RotationEvent['Step'] = 'finishSecret'): Promise<string> {
  const ClientRequestToken = secrets.startRotation('keyring');
  for (const Step of steps.slice(0, steps.indexOf(until) + 1)) {
    await handler({ Step, SecretId: 'keyring', ClientRequestToken });
  }
  return ClientRequestToken;
}

type Entry = { key_id: string; deleted_at?: string };
const allKeys = (): Entry[] => JSON.parse(secrets.get('keyring') ?? '').keys;
/** The keys, without deleted ones. */
const keys = () => allKeys().filter(({ deleted_at }) => !deleted_at);

test('the four steps of Secrets Manager make the first key and then replace it', async () => {
  await rotate();
  const [first] = keys();
  expect(provider.signingKey()).toMatchObject({ id: first?.key_id, digest: 'SHA512' });
  // No webhook could be verified before, so there is no need to wait.
  expect(waits).toEqual([]);
  await rotate();
  const [second] = keys();
  expect(keys()).toHaveLength(1);
  expect(allKeys()).toHaveLength(2);
  expect(second?.key_id).not.toBe(first?.key_id);
  expect(provider.signatureKeys().map(({ key_id }) => key_id)).toEqual([second?.key_id]);
  expect(waits[0]).toBeGreaterThan(propagationMilliseconds - 60_000);
});

test('a finished rotation lets the next one begin: no version is left pending', async () => {
  const token = await rotate();
  expect(secrets.startRotation('keyring')).not.toBe(token);
  await rotate();
});

test.each(steps.slice(0, 3))('a rotation that stopped after %s is taken up by the next', async (step) => {
  const before = keys();
  await rotate(step);
  await rotate();
  expect(keys()).toHaveLength(1);
  expect(keys()).not.toEqual(before);
  expect(provider.signatureKeys()).toHaveLength(1);
  expect(provider.signingKey()?.id).toBe(keys()[0]?.key_id);
});

test('every step can be run twice', async () => {
  const ClientRequestToken = secrets.startRotation('keyring');
  for (const Step of steps) {
    await handler({ Step, SecretId: 'keyring', ClientRequestToken });
    await handler({ Step, SecretId: 'keyring', ClientRequestToken });
  }
  expect(keys()).toHaveLength(1);
  expect(provider.signatureKeys()).toHaveLength(1);
});

test('a createSecret that is run again replaces a key that is gone at MessageMedia', async () => {
  const token = await rotate('createSecret');
  const gone = keys().at(-1)?.key_id ?? '';
  const { createProvider } = await import('../../lambda/provider/provider.ts');
  const api = createProvider({ baseUrl: provider.url, apiKey: provider.apiKey, apiSecret: provider.apiSecret });
  await api.deleteSignatureKey(gone);
  for (const Step of steps) await handler({ Step, SecretId: 'keyring', ClientRequestToken: token });
  expect(keys().map(({ key_id }) => key_id)).toEqual([provider.signingKey()?.id]);
});

test('a key that was deleted while it waited does not stop rotation for good', async () => {
  const token = await rotate('createSecret');
  const waiting = keys().at(-1)?.key_id ?? '';
  const { createProvider } = await import('../../lambda/provider/provider.ts');
  await createProvider({
    baseUrl: provider.url,
    apiKey: provider.apiKey,
    apiSecret: provider.apiSecret,
  }).deleteSignatureKey(waiting);
  await expect(handler({ Step: 'setSecret', SecretId: 'keyring', ClientRequestToken: token })).rejects.toThrow('404');
  await rotate();
  expect(keys().map(({ key_id }) => key_id)).toEqual([provider.signingKey()?.id]);
});

test.each(['', '{}', 'not JSON', '{"api_key":"only"}', '{"api_key":"","api_secret":""}'])(
  'credentials that are none are named: %j',
  async (value) => {
    secrets.put('other', value);
    process.env.API_CREDENTIALS_SECRET_ID = 'other';
    const event = { Step: 'createSecret', SecretId: 'keyring', ClientRequestToken: 'token' } as const;
    await expect(handler(event)).rejects.toThrow('Secret other must hold {"api_key":"…","api_secret":"…"}');
  },
);

test.each([undefined, '{"keys":[]}'])(
  'the trial step of a new schedule passes without credentials, with a version of %j',
  async (value) => {
    secrets.put('other', '{"api_key":"","api_secret":""}');
    process.env.API_CREDENTIALS_SECRET_ID = 'other';
    secrets.put('new keyring', '{"keys":[]}');
    const ClientRequestToken = secrets.startRotation('new keyring');
    if (value !== undefined) {
      const { PutSecretValueCommand, SecretsManagerClient } = await import('@aws-sdk/client-secrets-manager');
      const version = { ClientRequestToken, VersionStages: ['AWSPENDING'] };
      await new SecretsManagerClient().send(
        new PutSecretValueCommand({ SecretId: 'new keyring', SecretString: value, ...version }),
      );
    }
    await handler({ Step: 'testSecret', SecretId: 'new keyring', ClientRequestToken });
  },
);

test('nothing of the credentials is in the log', async () => {
  await rotate();
  expect(output).toContain('is enabled');
  expect(output).not.toContain(provider.apiSecret);
  expect(output).not.toContain(Buffer.from(`${provider.apiKey}:${provider.apiSecret}`).toString('base64'));
});

test.each(['API_CREDENTIALS_SECRET_ID', 'MESSAGEMEDIA_BASE_URL', 'SIGNATURE_DIGEST'])(
  'a missing %s is named',
  async (name) => {
    delete process.env[name];
    await expect(handler({ Step: 'createSecret', SecretId: 'keyring', ClientRequestToken: 't' })).rejects.toThrow(name);
  },
);
