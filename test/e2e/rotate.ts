import assert from 'node:assert/strict';
import { createKeyringStore } from '../../lambda/keys/keyring-store.ts';
import { createRotation } from '../../lambda/keys/rotation.ts';
import { createProvider } from '../../lambda/provider/provider.ts';
import type { ProviderSimulator } from '../../sandbox/provider/provider.ts';
import type { SigningKey } from '../../sandbox/sender.ts';
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
