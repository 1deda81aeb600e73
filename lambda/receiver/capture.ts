import { capturePrefix } from '../contract.ts';
import { type Deadline, withDeadline } from '../deadline.ts';
import { isObject } from '../guards.ts';
import type { KeyringCache } from '../keys/keyring-cache.ts';

export interface CaptureDependencies {
  keyring: Pick<KeyringCache, 'diagnostics'>;
  /** Creates an object unless one of this name exists. @returns whether it did */
  put: (name: string, text: string, options: Deadline) => Promise<boolean>;
  /** Longest time for one request, however many names are taken, in milliseconds. */
  deadline: number;
  warn: (message: string, cause: unknown) => void;
}

/** Value of `captured` in the log for a request that came when the capture was full. */
export const captureIsFull = 'no more: the capture is full';

/**
 * Keeps refused requests while the keyring secret asks for it. Objects are numbered, and each number is used once. So all
 * functions that run at the same time keep together no more than the number asked for.
 */
export function createCapture({ keyring, put, deadline, warn }: CaptureDependencies) {
  let current: string | undefined;
  let next = 0;
  return async (event: unknown, milliseconds = deadline): Promise<string | undefined> => {
    const { capture } = keyring.diagnostics();
    if (capture === undefined) return undefined;
    if (capture.id !== current) {
      current = capture.id;
      next = 0;
    }
    try {
      const text = JSON.stringify(withoutCredentials(event));
      return await withDeadline(Math.min(deadline, milliseconds), async (options) => {
        while (next < capture.count && current === capture.id) {
          options.abortSignal.throwIfAborted();
          const name = `${capturePrefix}${capture.id}/${String(next++).padStart(3, '0')}.json`;
          if (await put(name, text, options)) return name;
        }
        return captureIsFull;
      });
    } catch (error) {
      warn('cannot capture a refused request', error);
      return undefined;
    }
  };
}

const credentials = /^(authorization|proxy-authorization|cookie|set-cookie|x-api-key)$|token|secret|password/i;

/** The event without headers that hold credentials, and without what API Gateway knows about its caller. */
function withoutCredentials(event: unknown): unknown {
  if (!isObject(event)) return event;
  const { cookies, multiValueHeaders, headers, requestContext, ...rest } = event;
  const { authorizer, identity, authentication, ...context } = isObject(requestContext) ? requestContext : {};
  return {
    ...rest,
    ...(isObject(headers) && { headers: withoutNames(headers) }),
    ...(isObject(multiValueHeaders) && { multiValueHeaders: withoutNames(multiValueHeaders) }),
    requestContext: context,
  };
}

function withoutNames(headers: Record<string, unknown>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(headers).filter(([name]) => !credentials.test(name)));
}
