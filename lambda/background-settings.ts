import { fromEnv } from '@aws-sdk/credential-provider-env';

/**
 * Settings of the clients of functions that no sender waits for. A call that got no answer fails and is tried again: nothing
 * waits until Lambda ends the function, and no call waits for ever for the rest of an answer either.
 *
 * @param requestTimeout how long a try may wait for the beginning of its answer, in milliseconds
 */
export const backgroundSettings = (requestTimeout: number) => ({
  credentials: fromEnv(),
  maxAttempts: 3,
  requestHandler: { connectionTimeout: 1_000, requestTimeout, socketTimeout: 5_000, throwOnRequestTimeout: true },
});
