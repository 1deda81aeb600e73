import { GetSecretValueCommand, type SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { isObject } from '../guards.ts';
import { createProvider, type Provider } from './client.ts';

/**
 * MessageMedia's API, with the credentials from a secret. They are read at every run and not kept.
 *
 * @returns the API for messages, of the sub-account if the secret names one, and that for signature keys, which sub-accounts
 *   do not have
 * @throws {Error} naming the secret when it holds no credentials
 */
export async function connectWithSecret(
  client: SecretsManagerClient,
  secretId: string,
  baseUrl: string,
): Promise<{ provider: Provider; keyProvider: Provider }> {
  const { SecretString } = await client.send(new GetSecretValueCommand({ SecretId: secretId }));
  const { api_key: apiKey, api_secret: apiSecret, account } = parseCredentials(String(SecretString));
  if (typeof apiKey !== 'string' || typeof apiSecret !== 'string' || !apiKey || !apiSecret) {
    throw new Error(`Secret ${secretId} must hold {"api_key":"…","api_secret":"…"} of MessageMedia's API`);
  }
  const own = { baseUrl, apiKey, apiSecret };
  return {
    provider: createProvider({ ...own, ...(typeof account === 'string' && account && { account }) }),
    keyProvider: createProvider(own),
  };
}

function parseCredentials(secret: string): Record<string, unknown> {
  try {
    const value: unknown = JSON.parse(secret);
    return isObject(value) ? value : {};
  } catch {
    return {};
  }
}
