import type { FinalizeRequestMiddleware, InitializeMiddleware } from '@smithy/types';
import { watch } from '../terminal/waiting.ts';
import { awsCredentials } from './credentials.ts';
import { proxyAgent } from './proxy.ts';

/** What sends the requests of every client of the SDK on Node. */
interface NodeHttpHandler {
  updateHttpClientConfig(name: string, value: unknown): void;
}

interface AwsClient {
  config: {
    region: () => Promise<string>;
    maxAttempts: () => Promise<number>;
    requestHandler: object;
  };
  middlewareStack: {
    add(middleware: InitializeMiddleware<Record<string, unknown>, object>, options: { step: 'initialize' }): void;
    add(middleware: FinalizeRequestMiddleware<object, object>, options: { step: 'finalizeRequest' }): void;
  };
}

/** In milliseconds: longer than the 20 s for which SQS waits for a message. */
const halfAMinute = 30_000;

/**
 * Prepares a client for the terminal: it uses the proxy and the credentials of the environment. Its calls are watched,
 * because the SDK does not: a call that takes long is said, one that takes too long ends, and errors name call, object and
 * place.
 *
 * @param longestTry how long one try of a call may take, in milliseconds
 */
export function watched<Client extends AwsClient>(client: Client, longestTry = halfAMinute): Client {
  const requestHandler = client.config.requestHandler as NodeHttpHandler;
  requestHandler.updateHttpClientConfig('requestTimeout', longestTry);
  requestHandler.updateHttpClientConfig('throwOnRequestTimeout', true);
  const httpsAgent = proxyAgent();
  if (httpsAgent) {
    requestHandler.updateHttpClientConfig('httpsAgent', httpsAgent);
    Object.assign(client.config, { credentials: awsCredentials() });
  }
  const addressOf = keepAddresses(client);
  client.middlewareStack.add(
    (next, context) => async (args) => {
      const call = nameOf(context.commandName, args.input);
      const longest = (await client.config.maxAttempts()) * longestTry;
      try {
        // Before it counts as AWS that does not answer: it may be a person who types a code.
        await signIn(client);
        const answer = next(args);
        return await (waitsForMessages(args.input)
          ? answer
          : watch(`AWS has not answered ${call} for 2 s`, longest, answer));
      } catch (error) {
        if (error instanceof Error) {
          error.message = `${problemOf(error)} (${call}${await placeOf(client, addressOf(context))})`;
        }
        throw error;
      }
    },
    { step: 'initialize' },
  );
  return client;
}

/** The SDK's own message, but where it names its HTTP handler, or knows nothing: the answer to a HEAD has no body. */
function problemOf({ name, message, $metadata }: Error & { $metadata?: { httpStatusCode?: number } }): string {
  if (name === 'TimeoutError') return 'AWS did not answer in time';
  return message === 'UnknownError' ? `AWS answered ${$metadata?.httpStatusCode}` : message;
}

/** Gets the credentials before a call needs them: with a code of an MFA device, if a profile needs one. */
async function signIn({ config }: AwsClient): Promise<void> {
  const own = config as { credentials?: () => Promise<unknown> };
  try {
    await own.credentials?.();
  } catch (error) {
    if (!/multi-factor/.test(String(error))) throw error;
    Object.assign(config, { credentials: awsCredentials() });
    await own.credentials?.();
  }
}

/** @returns a function that says which address a call went to; `undefined` if it did not come so far */
function keepAddresses(client: AwsClient): (context: object) => string | undefined {
  const addresses = new WeakMap<object, string>();
  client.middlewareStack.add(
    (next, context) => (args) => {
      const { protocol, hostname, port } = args.request as { protocol: string; hostname: string; port?: number };
      addresses.set(context, `${protocol}//${hostname}${port === undefined ? '' : `:${port}`}`);
      return next(args);
    },
    { step: 'finalizeRequest' },
  );
  return (context) => addresses.get(context);
}

function waitsForMessages(input: { WaitTimeSeconds?: number }): boolean {
  return Number(input.WaitTimeSeconds) > 2;
}

/** Members that name the object of a call, each service's own, the most telling first. */
const objectNames = [
  ...['SecretId', 'QueueUrl', 'QueueName', 'StackName', 'Bucket', 'TopicArn', 'FunctionName', 'EventSourceArn'],
  ...['logGroupName', 'logGroupNames', 'queryId'],
];

/** Such as `GetObject of bucket/key`. */
function nameOf(command = 'the call', input: Record<string, unknown>): string {
  const call = command.replace(/Command$/, '');
  const object = objectNames.map((name) => input[name]).find((value) => value !== undefined);
  if (object === undefined) return call;
  return `${call} of ${[object, input.Key].filter((part) => part !== undefined).join('/')}`;
}

/** Such as ` in eu-west-1 with profile test at https://sqs.eu-west-1.amazonaws.com`. */
async function placeOf({ config }: AwsClient, address: string | undefined): Promise<string> {
  const region = await config.region().catch(() => undefined);
  const { AWS_PROFILE: profile } = process.env;
  return [region && ` in ${region}`, profile && ` with profile ${profile}`, address && ` at ${address}`]
    .filter(Boolean)
    .join('');
}
