import { generateKeyPairSync, type KeyObject, randomUUID } from 'node:crypto';
import { localCredentials } from '../sandbox/aws/credentials.ts';
import type { LocalQueue } from '../sandbox/aws/queue.ts';
import type { LocalSecrets } from '../sandbox/aws/secrets.ts';
import type { SigningKey, WireRequest } from '../signing/sender.ts';

/** A private key, its public key in MessageMedia's form, and both as Node's key objects. */
export interface TestKey extends SigningKey {
  publicKey: KeyObject;
  answer: { key_id: string; public_key: string; cipher: string; digest: string; created: string; enabled: boolean };
}

export function makeKey(digest: SigningKey['digest'] = 'SHA256', modulusLength = 1024): TestKey {
  const { publicKey, privateKey } = generateKeyPairSync('rsa', { modulusLength });
  const id = randomUUID();
  const public_key = publicKey.export({ type: 'spki', format: 'der' }).toString('base64');
  const created = '2026-11-23T09:00:00.000Z';
  return {
    id,
    digest,
    privateKey,
    publicKey,
    answer: { key_id: id, public_key, cipher: 'RSA', digest, created, enabled: false },
  };
}

export function keyringOf(...keys: TestKey[]): string {
  return JSON.stringify({ keys: keys.map(({ answer }) => answer) });
}

/** The payload 2.0 event that an HTTP API makes from a request. */
export function httpApiEvent({ method, target, headers, body }: WireRequest, requestId: string = randomUUID()) {
  const [path = '', query = ''] = target.split(/\?(.*)/s);
  return {
    version: '2.0',
    rawPath: decodeURIComponent(path),
    rawQueryString: query,
    headers,
    requestContext: { http: { method, path: decodeURIComponent(path) }, requestId, stage: '$default' },
    body: body.toString('base64'),
    isBase64Encoded: true,
  };
}

/** Environment of the receiver function for local stand-ins. The keyring is the secret `keyring`. */
export function receiverEnvironment(queue: LocalQueue, secrets: LocalSecrets): Record<string, string> {
  return {
    QUEUE_URL: queue.queueUrl,
    KEYRING_SECRET_ID: 'keyring',
    AWS_REGION: 'us-east-1',
    AWS_ACCESS_KEY_ID: localCredentials.accessKeyId,
    AWS_SECRET_ACCESS_KEY: localCredentials.secretAccessKey,
    AWS_ENDPOINT_URL_SQS: queue.url,
    AWS_ENDPOINT_URL_SECRETS_MANAGER: secrets.url,
  };
}
