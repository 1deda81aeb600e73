import type { InitializeMiddleware } from '@smithy/types';
import { progress } from './output.ts';

/** The parts of an SDK client that are needed here. */
interface AwsClient {
  config: { region: () => Promise<string> };
  middlewareStack: { add(middleware: InitializeMiddleware<object, object>, options: { step: 'initialize' }): void };
}

/** A call that takes longer than this is reported, in milliseconds. */
export const slowAfter = 2_000;

/**
 * Adds call, object and place to the errors of a client, because the SDK's own errors do not name them. Also reports a
 * call that takes long.
 */
export function namePlace<Client extends AwsClient>(client: Client): Client {
  client.middlewareStack.add(
    (next, { commandName = 'the call' }) =>
      async (args) => {
        const call = `${commandName.replace(/Command$/, '')}${objectOf(args.input)}`;
        const slow = setTimeout(() => progress(`AWS has not answered ${call} for 2 s; waiting.`), slowAfter);
        try {
          return await next(args);
        } catch (error) {
          if (error instanceof Error) error.message = `${error.message} (${call}${await placeOf(client)})`;
          throw error;
        } finally {
          clearTimeout(slow);
        }
      },
    { step: 'initialize' },
  );
  return client;
}

/** The object of a call. Each service has its own name for it. */
function objectOf(input: object): string {
  const { SecretId, QueueUrl, StackName, Bucket } = input as Record<string, unknown>;
  const object = SecretId ?? QueueUrl ?? StackName ?? Bucket;
  return object === undefined ? '' : ` of ${object}`;
}

async function placeOf({ config }: AwsClient): Promise<string> {
  const region = await config.region().catch(() => undefined);
  const { AWS_PROFILE: profile, AWS_ENDPOINT_URL: endpoint } = process.env;
  return [region && ` in ${region}`, profile && ` with profile ${profile}`, endpoint && ` at ${endpoint}`]
    .filter(Boolean)
    .join('');
}
