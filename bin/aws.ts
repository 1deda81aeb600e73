import type { InitializeMiddleware } from '@smithy/types';
import { progress } from './output.ts';

/** As much of a client of the SDK as is needed here. */
interface AwsClient {
  config: { region: () => Promise<string> };
  middlewareStack: { add(middleware: InitializeMiddleware<object, object>, options: { step: 'initialize' }): void };
}

/** When a call is slow enough to be spoken of, in milliseconds. */
export const slowAfter = 2_000;

/**
 * Lets errors of a client say what they are about and where it was looked for, which the SDK's own do not; and says so
 * when a call takes long.
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

/** What a call is about, by the names that the services have for it. */
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
