import type { FinalizeRequestMiddleware, InitializeMiddleware } from '@smithy/types';
import { watch } from '../terminal/waiting.ts';

/** What sends the requests of every client of the SDK on Node. */
interface NodeHttpHandler {
  updateHttpClientConfig(name: string, value: unknown): void;
}

/** The parts of an SDK client that are needed here. */
interface AwsClient {
  config: {
    region: () => Promise<string>;
    maxAttempts: () => Promise<number>;
    requestHandler: object;
  };
  middlewareStack: {
    add(middleware: InitializeMiddleware<object, object>, options: { step: 'initialize' }): void;
    add(middleware: FinalizeRequestMiddleware<object, object>, options: { step: 'finalizeRequest' }): void;
  };
}

/** In milliseconds: longer than the 20 s for which SQS waits for a message. */
const halfAMinute = 30_000;

/**
 * Adds call, object and place to the errors of a client, because the SDK's own errors do not name them. Reports a call
 * that takes long, and ends one that takes too long, because the SDK does not.
 *
 * @param longestTry how long one try of a call may take, in milliseconds
 */
export function namePlace<Client extends AwsClient>(client: Client, longestTry = halfAMinute): Client {
  const requestHandler = client.config.requestHandler as NodeHttpHandler;
  requestHandler.updateHttpClientConfig('requestTimeout', longestTry);
  requestHandler.updateHttpClientConfig('throwOnRequestTimeout', true);
  const addresses = new WeakMap<object, string>();
  client.middlewareStack.add(
    (next, context) => (args) => {
      const { protocol, hostname, port } = args.request as { protocol: string; hostname: string; port?: number };
      addresses.set(context, `${protocol}//${hostname}${port === undefined ? '' : `:${port}`}`);
      return next(args);
    },
    { step: 'finalizeRequest' },
  );
  client.middlewareStack.add(
    (next, context) => async (args) => {
      const call = `${(context.commandName ?? 'the call').replace(/Command$/, '')}${objectOf(args.input)}`;
      try {
        // A command that waits for messages says so itself.
        if (Number((args.input as { WaitTimeSeconds?: number }).WaitTimeSeconds) > 2) return await next(args);
        const longest = (await client.config.maxAttempts()) * longestTry;
        return await watch(`AWS has not answered ${call} for 2 s`, longest, next(args));
      } catch (error) {
        const place = await placeOf(client, addresses.get(context));
        if (error instanceof Error) error.message = `${messageOf(error)} (${call}${place})`;
        throw error;
      }
    },
    { step: 'initialize' },
  );
  return client;
}

/** The SDK's own message names its HTTP handler. */
function messageOf({ name, message }: Error): string {
  return name === 'TimeoutError' ? 'AWS did not answer in time' : message;
}

/** The object of a call, as each service names it, the most telling name first. */
const objectNames = [
  'SecretId',
  'QueueUrl',
  'QueueName',
  'StackName',
  'Bucket',
  'TopicArn',
  'FunctionName',
  'EventSourceArn',
  'logGroupName',
  'logGroupNames',
  'queryId',
] as const;

function objectOf(input: object): string {
  const named: { [name in (typeof objectNames)[number]]?: unknown } & { Key?: unknown } = input;
  const object = objectNames.map((name) => named[name]).find((value) => value !== undefined);
  if (object === undefined) return '';
  return ` of ${[object, named.Key].filter((part) => part !== undefined).join('/')}`;
}

/** @param address that was called; `undefined` when the call did not come so far */
async function placeOf({ config }: AwsClient, address: string | undefined): Promise<string> {
  const region = await config.region().catch(() => undefined);
  const { AWS_PROFILE: profile } = process.env;
  return [region && ` in ${region}`, profile && ` with profile ${profile}`, address && ` at ${address}`]
    .filter(Boolean)
    .join('');
}
