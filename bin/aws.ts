import type { FinalizeRequestMiddleware, InitializeMiddleware } from '@smithy/types';
import { progress } from './output.ts';

/** The parts of an SDK client that are needed here. */
interface AwsClient {
  config: { region: () => Promise<string> };
  middlewareStack: {
    add(middleware: InitializeMiddleware<object, object>, options: { step: 'initialize' }): void;
    add(middleware: FinalizeRequestMiddleware<object, object>, options: { step: 'finalizeRequest' }): void;
  };
}

/** When a call is slow enough to be spoken of, in milliseconds. */
export const slowAfter = 2_000;

/**
 * Lets errors of a client say what they are about and where it was looked for, which the SDK's own do not; and says so
 * when a call takes long.
 */
export function namePlace<Client extends AwsClient>(client: Client): Client {
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
      const slow = setTimeout(() => progress(`AWS has not answered ${call} for 2 s; waiting.`), slowAfter);
      try {
        return await next(args);
      } catch (error) {
        const place = await placeOf(client, addresses.get(context));
        if (error instanceof Error) error.message = `${error.message} (${call}${place})`;
        throw error;
      } finally {
        clearTimeout(slow);
      }
    },
    { step: 'initialize' },
  );
  return client;
}

/** The names that the services have for what a call is about, the most telling first. */
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

/** What a call is about. */
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
