import { SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { afterAll, beforeAll, beforeEach, expect, test } from '@jest/globals';
import { connectWithSecret } from '../../../lambda/messagemedia/api-credentials.ts';
import { localCredentials } from '../../../sandbox/aws/credentials.ts';
import { type LocalSecrets, startSecrets } from '../../../sandbox/aws/secrets.ts';
import { type LocalServer, listen } from '../../../sandbox/http.ts';

let secrets: LocalSecrets;
let client: SecretsManagerClient;
/** MessageMedia's API without any key. It keeps the headers of the last call. */
let api: LocalServer;
let headers: Record<string, unknown>;

beforeAll(async () => {
  secrets = await startSecrets();
  client = new SecretsManagerClient({ endpoint: secrets.url, region: 'us-east-1', credentials: localCredentials });
  api = await listen(0, (request, response) => {
    headers = request.headers;
    response.end('[]');
  });
});
beforeEach(() => {
  headers = {};
});
afterAll(async () => {
  client.destroy();
  await Promise.all([secrets.close(), api.close()]);
});

const connect = async (secret: string) => {
  secrets.put('api', secret);
  return connectWithSecret(client, 'api', api.url);
};

test.each([
  ['', undefined],
  [',"account":"branch"', 'branch'],
  [',"account":""', undefined],
  [',"account":7', undefined],
])('the API is called with what the secret holds%s', async (more, account) => {
  const { provider, keyProvider } = await connect(`{"api_key":"the key","api_secret":"the secret"${more}}`);
  await provider.listWebhooks().catch(() => {});
  const basic = Buffer.from('the key:the secret').toString('base64');
  expect(headers).toMatchObject({ authorization: `Basic ${basic}` });
  expect(headers.account).toBe(account);
  // Sub-accounts have no signature keys.
  await keyProvider.listSignatureKeys();
  expect(headers).toMatchObject({ authorization: `Basic ${basic}` });
  expect(headers.account).toBeUndefined();
});

test.each([
  'not JSON',
  '{"api_key":"only a',
  '[]',
  'null',
  '{"api_key":"the key"}',
  '{"api_secret":"the secret"}',
  '{"api_key":"","api_secret":"the secret"}',
  '{"api_key":"the key","api_secret":""}',
  '{"api_key":7,"api_secret":"the secret"}',
  '{"api_key":"the key","api_secret":7}',
])('a secret without credentials is named, and what it holds is not told: %s', async (secret) => {
  await expect(connect(secret)).rejects.toThrow(
    new Error('Secret api must hold {"api_key":"…","api_secret":"…"} of MessageMedia\'s API'),
  );
});
