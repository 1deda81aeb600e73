import assert from 'node:assert/strict';
import { createKeyringStore } from '../../lambda/keys/keyring-store.ts';
import { createRotation } from '../../lambda/keys/rotation.ts';
import { createProvider } from '../../lambda/messagemedia/client.ts';
import type { ProviderSimulator } from '../../sandbox/messagemedia/server.ts';
import type { SigningKey } from '../../signing/sender.ts';
import type { Run } from './proof.ts';

/** Rotates the key in the deployed secret without waiting. @returns the key that MessageMedia signs with afterwards */
export async function rotate(
  { clients, stack }: Run,
  { url, apiKey, apiSecret, ...provider }: ProviderSimulator,
): Promise<SigningKey> {
  const rotation = createRotation({
    provider: createProvider({ baseUrl: url, apiKey, apiSecret }),
    keyring: createKeyringStore(clients.secrets, stack.keyringSecretId),
    digest: 'SHA512',
    now: Date.now,
    pause: async () => {},
    log: () => {},
  });
  await rotation.run();
  const key = provider.signingKey();
  assert.ok(key, 'no key is enabled');
  return key;
}
