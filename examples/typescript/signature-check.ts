import { GetSecretValueCommand, SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import type { ReadEvent } from 'messagemedia-webhook-receiver/events';
import { reverify } from 'messagemedia-webhook-receiver/events/verify';
import { createKeyring } from 'messagemedia-webhook-receiver/keyring/cache';

/**
 * A check of signatures with the keyring in Secrets Manager. Keys are cached for five minutes; one that is not known is
 * looked for at once.
 *
 * @param warn gets what is wrong with the keyring
 * @returns a function that throws when the signature is not good
 */
export function signatureCheck(secretId: string, warn: (message: string) => void) {
  const client = new SecretsManagerClient({});
  const keyring = createKeyring({
    load: async () => (await client.send(new GetSecretValueCommand({ SecretId: secretId }))).SecretString ?? '',
    now: Date.now,
    warn,
  });
  return async (read: ReadEvent): Promise<void> => {
    const keys = await keyring.keys();
    const verdict = reverify(read, keys);
    // An event without a signature was fetched from MessageMedia's API, as no webhook had brought it. To handle signed
    // events alone, throw here as well.
    if (verdict !== 'bad') return;
    const newer = await keyring.newerThan(keys);
    if (newer === undefined || reverify(read, newer) !== 'good')
      throw new Error('The signature of the event is not good');
  };
}
