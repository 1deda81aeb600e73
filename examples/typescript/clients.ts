/**
 * Limits of every client, in milliseconds. The SDK's own have no end: a service that hangs would take all the time of the
 * function. With both tries and the pause between them a call takes less than three seconds.
 */
export const clientLimits = {
  maxAttempts: 2,
  requestHandler: { connectionTimeout: 1_000, requestTimeout: 1_000, throwOnRequestTimeout: true },
};
