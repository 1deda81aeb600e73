import { environment } from '../lambda/contract.ts';
import { parseKeyring, type VerificationKey } from '../lambda/keys/keyring.ts';
import { KeyringError } from '../lambda/keys/keyring-secret.ts';
import { createProvider } from '../lambda/messagemedia/client.ts';
import { localCredentials } from './aws/credentials.ts';
import { type LocalFunction, startFunction } from './aws/function.ts';
import { type GatewayOptions, startGateway } from './aws/gateway.ts';
import { startQueue } from './aws/queue.ts';
import { startSecrets } from './aws/secrets.ts';
import { startProvider } from './messagemedia/server.ts';

export const callbackPath = '/messagemedia';

const keyringSecretId = 'keyring';

/** All parts that run in AWS, and a stand-in for MessageMedia, on this machine. */
export type Sandbox = Awaited<ReturnType<typeof startSandbox>>;

export interface SandboxOptions extends Pick<GatewayOptions, 'port' | 'onRequest' | 'onAnswer'> {
  /** Value of the keyring's secret. @default - no keys */
  keyring?: string;
  /** Gets the keyring's value after every call that may have changed it. */
  onKeyring?: (value: string) => void;
  onMessage?: (body: string) => void;
}

/** Starts MessageMedia, queue, secrets, function and gateway. */
export async function startSandbox({
  keyring: initial = '{"keys":[]}',
  onKeyring = () => {},
  onMessage,
  ...options
}: SandboxOptions) {
  const [provider, queue, secrets] = await Promise.all([
    startProvider(),
    startQueue(onMessage),
    startSecrets(() => onKeyring(secrets.get(keyringSecretId) ?? '')),
  ]);
  secrets.put(keyringSecretId, initial);
  const common = {
    [environment.keyringSecretId]: keyringSecretId,
    [environment.queueUrl]: queue.queueUrl,
    AWS_REGION: 'us-east-1',
    AWS_ACCESS_KEY_ID: localCredentials.accessKeyId,
    AWS_SECRET_ACCESS_KEY: localCredentials.secretAccessKey,
    AWS_ENDPOINT_URL_SQS: queue.url,
    AWS_ENDPOINT_URL_S3: queue.url,
    AWS_ENDPOINT_URL_SECRETS_MANAGER: secrets.url,
  };
  const start = () => startFunction({ ...common, [environment.overflowBucket]: queue.overflowBucket });
  let running: LocalFunction = start();
  const receiver: Pick<LocalFunction, 'invoke' | 'logOf'> = {
    invoke: (event) => running.invoke(event),
    logOf: (requestId) => running.logOf(requestId),
  };
  const closeOthers = () => Promise.all([running.close(), provider.close(), queue.close(), secrets.close()]);
  const gateway = await startGateway({ ...options, path: callbackPath, invoke: receiver.invoke }).catch(
    async (error) => {
      await closeOthers();
      throw error;
    },
  );
  const credentials = { apiKey: provider.apiKey, apiSecret: provider.apiSecret };
  return {
    url: gateway.url,
    provider,
    /** MessageMedia's API, as a customer calls it. */
    api: createProvider({ baseUrl: provider.url, ...credentials }),
    queue,
    receiver,
    secrets,
    /** Restarts the function, without keys in its cache. */
    restartFunction: async () => {
      const stopped = running;
      running = start();
      await stopped.close();
    },
    storeKeyring: (value: string) => secrets.put(keyringSecretId, value),
    keyring: () => secrets.get(keyringSecretId) ?? '',
    /** None while the keyring cannot be read. */
    keys: () => keysIn(secrets.get(keyringSecretId) ?? ''),
    /** Environment variables with which the terminal command works on the sandbox. */
    environment: {
      MESSAGEMEDIA_BASE_URL: provider.url,
      MESSAGEMEDIA_API_KEY: provider.apiKey,
      MESSAGEMEDIA_API_SECRET: provider.apiSecret,
      DEAD_LETTER_QUEUE_URL: queue.deadLetterQueueUrl,
      ...common,
    },
    close: async () => {
      await gateway.close();
      await closeOthers();
    },
  };
}

function keysIn(keyring: string): readonly VerificationKey[] {
  try {
    return parseKeyring(keyring).keys;
  } catch (error) {
    if (error instanceof KeyringError) return [];
    throw error;
  }
}
