import { generateKeyPair, randomUUID } from 'node:crypto';
import { promisify } from 'node:util';
import { environment } from '../lambda/contract.ts';
import { parseKeyring, type VerificationKey } from '../lambda/keyring.ts';
import { startFunction } from './function.ts';
import { type GatewayOptions, startGateway } from './gateway.ts';
import { localCredentials, startQueue } from './queue.ts';
import { startSecrets } from './secrets.ts';
import type { SigningKey } from './sender.ts';

/** Where the sandbox takes webhooks. */
export const callbackPath = '/messagemedia';

const keyringSecretId = 'keyring';

/** Everything that runs in AWS, on this machine. */
export type Sandbox = Awaited<ReturnType<typeof startSandbox>>;

/** Starts queue, secrets, function and gateway, and stores the public half of a new signature key. */
export async function startSandbox(options: Pick<GatewayOptions, 'port' | 'onAnswer'>) {
  const [queue, secrets, signingKey] = await Promise.all([startQueue(), startSecrets(), createSigningKey()]);
  const keyring = JSON.stringify(signingKey.answer);
  secrets.put(keyringSecretId, keyring);
  const receiver = startFunction({
    [environment.queueUrl]: queue.queueUrl,
    [environment.keyringSecretId]: keyringSecretId,
    AWS_REGION: 'us-east-1',
    AWS_ACCESS_KEY_ID: localCredentials.accessKeyId,
    AWS_SECRET_ACCESS_KEY: localCredentials.secretAccessKey,
    AWS_ENDPOINT_URL_SQS: queue.url,
    AWS_ENDPOINT_URL_SECRETS_MANAGER: secrets.url,
  });
  const close = async () => {
    await Promise.all([gateway?.close(), receiver.close(), queue.close(), secrets.close()]);
  };
  const gateway = await startGateway({ ...options, path: callbackPath, invoke: receiver.invoke }).catch(
    async (error) => {
      await Promise.all([receiver.close(), queue.close(), secrets.close()]);
      throw error;
    },
  );
  const keys: readonly VerificationKey[] = parseKeyring(keyring).keys;
  return { url: gateway.url, queue, secrets, receiver, keys, signingKey: signingKey.key, close };
}

/** A key pair, with the answer in which MessageMedia would hand out its public half. */
async function createSigningKey() {
  const { publicKey, privateKey } = await promisify(generateKeyPair)('rsa', { modulusLength: 2048 });
  const key: SigningKey = { id: randomUUID(), digest: 'SHA256', privateKey };
  const answer = {
    key_id: key.id,
    public_key: publicKey.export({ type: 'spki', format: 'der' }).toString('base64'),
    cipher: 'RSA',
    digest: key.digest,
    created: new Date().toISOString(),
    enabled: false,
  };
  return { key, answer };
}
