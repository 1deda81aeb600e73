import { fromEnv } from '@aws-sdk/credential-provider-env';
import { ConfiguredRetryStrategy } from '@smithy/core/retry';
import { type ConnectingAgent, ReconnectingHandler } from '../connections.ts';
import { Sha256 } from '../sha256.ts';

/**
 * Settings of the receiver's clients. They try nearly for all the time that a call has, because a webhook may be lost after a
 * 503. The pauses are 0.1, 0.2, 0.4, 0.8 and then 1 s, up to half of each random. So eight tries take three to four seconds if
 * a service refuses at once, and the error still says why. A try ends when it does not connect, or when its answer does not
 * begin or go on in time.
 *
 * @param httpsAgent what connects; the SDK's own by default
 */
export const clientSettings = (httpsAgent?: ConnectingAgent) => ({
  credentials: fromEnv(),
  sha256: Sha256,
  requestHandler: new ReconnectingHandler({
    connectionTimeout: 1_000,
    requestTimeout: 2_000,
    socketTimeout: 2_000,
    throwOnRequestTimeout: true,
    ...(httpsAgent && { httpsAgent }),
  }),
  retryStrategy: new ConfiguredRetryStrategy(8, (retry) => Math.min(1_000, 50 * 2 ** retry) * (1 - Math.random() / 2)),
});

/**
 * Longest time of a call with all its tries, pauses and incomplete answers, in milliseconds. At worst a request usually takes
 * two loads of the keyring and one send, 13 s, or 17 s if it is too large for SQS.
 */
export const deadlines = { load: 4_000, store: 4_000, send: 5_000 };

/** Every request is answered within the function's 18 s and the 20 s that MessageMedia waits. In milliseconds. */
export const answerWithin = 17_000;
