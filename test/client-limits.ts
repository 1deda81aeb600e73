import { jest } from '@jest/globals';

/** What is read of a client of the SDK. */
interface SdkClient {
  config: {
    maxAttempts: () => Promise<number>;
    requestHandler: { httpHandlerConfigs: () => TryLimits };
  };
}

interface TryLimits {
  connectionTimeout?: number;
  requestTimeout?: number;
  throwOnRequestTimeout?: boolean;
}

/**
 * Watches all clients of these classes, until mocks are restored.
 *
 * @returns a function of how long a call may take with all its tries, in milliseconds, by the name of the class: the longest
 * time of all clients that made calls. It is infinite if a try waits for an answer for ever
 */
export function watchClients(...classes: { name: string; prototype: object }[]) {
  const watched = classes.map(({ name, prototype }) => {
    const { contexts } = jest.spyOn(prototype as { send: () => unknown }, 'send').mock;
    return { name, clients: contexts as unknown[] as SdkClient[] };
  });
  return async (): Promise<Record<string, number>> => {
    const limits = watched.map(async ({ name, clients }) => [
      name,
      Math.max(...(await Promise.all(clients.map(limitOf)))),
    ]);
    return Object.fromEntries(await Promise.all(limits));
  };
}

async function limitOf({ config }: SdkClient): Promise<number> {
  const { connectionTimeout, requestTimeout, throwOnRequestTimeout } = config.requestHandler.httpHandlerConfigs();
  if (!throwOnRequestTimeout || !requestTimeout || !connectionTimeout) return Number.POSITIVE_INFINITY;
  return (await config.maxAttempts()) * (connectionTimeout + requestTimeout);
}
