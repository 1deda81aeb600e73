import { SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import type { KeyDependencies } from '../../../lambda/keys/key-changes.ts';
import { createKeyringStore } from '../../../lambda/keys/keyring-store.ts';
import { createProvider } from '../../../lambda/messagemedia/client.ts';
import { localCredentials } from '../../../sandbox/aws/credentials.ts';
import { type LocalSecrets, startSecrets } from '../../../sandbox/aws/secrets.ts';
import { type ProviderSimulator, startProvider } from '../../../sandbox/messagemedia/server.ts';
import { entry, KeyModel } from './key-model.ts';

/*
 * The model answers as MessageMedia's simulator and a keyring in Secrets Manager do, over HTTP and with the clients that
 * are deployed. The simulator itself is held to MessageMedia's API description in test/sandbox/messagemedia/conformance.test.ts.
 */

type Parts = Pick<KeyDependencies, 'provider' | 'keyring'>;

let simulator: ProviderSimulator;
let secrets: LocalSecrets;
let keyId: string;
let otherId: string;
let real: Parts;
beforeAll(async () => {
  [simulator, secrets] = await Promise.all([startProvider({ modulusLength: 1024 }), startSecrets()]);
  const provider = createProvider({
    baseUrl: simulator.url,
    apiKey: simulator.apiKey,
    apiSecret: simulator.apiSecret,
    pause: async () => {},
  });
  [{ key_id: keyId }, { key_id: otherId }] = [
    await provider.createSignatureKey('SHA256'),
    await provider.createSignatureKey('SHA256'),
  ];
  secrets.put('keyring', JSON.stringify({ keys: [entry(keyId), entry(otherId)] }));
  const client = new SecretsManagerClient({
    endpoint: secrets.url,
    region: 'us-east-1',
    credentials: localCredentials,
  });
  real = { provider, keyring: createKeyringStore(client, 'keyring', { pause: async () => {} }) };
});
afterAll(() => Promise.all([simulator.close(), secrets.close()]));

/** What a call leads to: an answer without what is the key's own, or an error's code. */
async function outcomeOf(call: Promise<unknown>): Promise<unknown> {
  try {
    const answer = await call;
    if (typeof answer !== 'object' || answer === null || !('key_id' in answer)) return answer;
    const { key_id, cipher, digest, enabled } = answer as Record<string, unknown>;
    return { key_id, cipher, digest, enabled };
  } catch (error) {
    return { error: (error as { name?: string }).name, code: (error as { code?: string }).code };
  }
}

/** Every call of the model, in an order that meets each of its branches. */
async function callAll({ provider, keyring }: Parts): Promise<unknown[]> {
  const missing = '00000000-0000-4000-8000-000000000000';
  const calls: (() => Promise<unknown>)[] = [
    () => provider.getEnabledSignatureKey(),
    () => provider.getSignatureKey(keyId),
    () => provider.getSignatureKey(missing),
    () => provider.enableSignatureKey(missing),
    () => provider.enableSignatureKey(keyId),
    () => provider.getEnabledSignatureKey(),
    () => provider.getSignatureKey(keyId),
    () => provider.enableSignatureKey(otherId),
    () => provider.getSignatureKey(keyId),
    () => provider.disableSignatureKey(),
    () => provider.disableSignatureKey(),
    () => provider.getEnabledSignatureKey(),
    () => provider.enableSignatureKey(otherId),
    () => provider.deleteSignatureKey(otherId),
    () => provider.getEnabledSignatureKey(),
    () => provider.getSignatureKey(otherId),
    () => provider.deleteSignatureKey(otherId),
    () => keyring.read(),
    () => keyring.update((entries) => entries),
    () => keyring.update((entries) => entries.map((each) => ({ ...each, retired_at: '2026-11-24T09:00:00Z' }))),
    () => keyring.read(),
    () => keyring.update(([first]) => (first ? [first] : [])),
    () => keyring.read(),
    () => keyring.readDiagnostics(),
  ];
  const outcomes: unknown[] = [];
  for (const call of calls) outcomes.push(await outcomeOf(call()));
  return outcomes;
}

test('the model in memory answers every call as the simulator and the keyring do', async () => {
  const model = new KeyModel([entry(keyId), entry(otherId)]);
  const expected = await callAll(real);
  expect(expected).toContainEqual({ error: 'ProviderError', code: 'not_found' });
  expect(await callAll(model.dependencies)).toEqual(expected);
});
