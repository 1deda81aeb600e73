import { GetSecretValueCommand, SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import type { ReadEvent } from 'messagemedia-webhook-receiver/events';
import { reverify } from 'messagemedia-webhook-receiver/events/verify';
import { createKeyring } from 'messagemedia-webhook-receiver/keyring/cache';
import { clientLimits } from './clients.ts';

/**
 * Verifies signatures with the keyring in Secrets Manager. Keys are cached for five minutes. If a signature does not verify
 * with them, the keyring is read again. While it cannot be read, the keys in hand are used.
 *
 * @param warn is told when the keyring cannot be read. Single keys are the receiver's business, which reads the same secret
 * @returns a function that throws if there is a signature and it is not good
 */
export function signatureCheck(secretId: string, warn: (message: string, error: Error) => void) {
  const client = new SecretsManagerClient(clientLimits);
  const keyring = createKeyring({
    load: async () => (await client.send(new GetSecretValueCommand({ SecretId: secretId }))).SecretString ?? '',
    now: Date.now,
    warn: (message, cause) => {
      if (cause instanceof Error) warn(message, cause);
    },
  });
  return async (read: ReadEvent): Promise<void> => {
    const keys = await keyring.keys();
    const verdict = reverify(read, keys);
    if (verdict !== 'bad') return;
    const newer = await keyring.newerThan(keys);
    if (newer === undefined || reverify(read, newer) !== 'good')
      throw new Error('The signature of the event is not good');
  };
}
