import type { FinalizeRequestMiddleware, InitializeMiddleware } from '@smithy/types';
import { watch } from '../terminal/waiting.ts';

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
 * Watches the calls of a client, because the SDK does not: says which call takes long, ends one that takes too long, and
 * names call, object and place in its errors.
 *
 * @param longestTry how long one try of a call may take, in milliseconds
 */
export function watched<Client extends AwsClient>(client: Client, longestTry = halfAMinute): Client {
  const requestHandler = client.config.requestHandler as NodeHttpHandler;
  requestHandler.updateHttpClientConfig('requestTimeout', longestTry);
  requestHandler.updateHttpClientConfig('throwOnRequestTimeout', true);
  const addressOf = keepAddresses(client);
  client.middlewareStack.add(
    (next, context) => async (args) => {
      const call = nameOf(context.commandName, args.input);
      const longest = (await client.config.maxAttempts()) * longestTry;
      try {
        const answer = next(args);
        return await (waitsForMessages(args.input)
          ? answer
          : watch(`AWS has not answered ${call} for 2 s`, longest, answer));
      } catch (error) {
        if (error instanceof Error) {
          // The SDK's own message about this names its HTTP handler.
          const problem = error.name === 'TimeoutError' ? 'AWS did not answer in time' : error.message;
          error.message = `${problem} (${call}${await placeOf(client, addressOf(context))})`;
        }
        throw error;
      }
    },
    { step: 'initialize' },
  );
  return client;
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
