import { HttpResponse } from '@smithy/core/protocols';
import type { HttpRequest, MiddlewareStack } from '@smithy/types';
import type { ConnectingAgent } from './connections.ts';

/**
 * Longest time that the function gets ready before its first request, in milliseconds. The sender waits for this too, so
 * what hangs is tried again by the first request.
 */
export const readyWithin = 1_500;

/** Waits while the function gets ready, but not longer than `readyWithin`. The work goes on. */
export async function untilReady(work: Promise<unknown>): Promise<void> {
  const late = Promise.withResolvers<void>();
  const timer = setTimeout(late.resolve, readyWithin);
  await Promise.race([work, late.promise]);
  clearTimeout(timer);
}

/**
 * Makes a call up to the point where it would be sent, and opens the connection that the first real call will use. So all
 * that a call runs, such as serialiser, endpoint rules and signer, is compiled when the first webhook comes, and no
 * permission is needed. Rejects as the call does.
 *
 * @param command is changed, and must not be sent for real
 * @param send sends that command with its client
 * @param agent connects for that client
 * @param answer what the service would answer, as JSON
 */
export async function rehearse<Input extends object, Output extends object>(
  command: { middlewareStack: MiddlewareStack<Input, Output> },
  send: () => Promise<Output>,
  agent: ConnectingAgent,
  answer: string,
): Promise<Output> {
  let connecting: Promise<void> | undefined;
  command.middlewareStack.add(
    () => async (call) => {
      const { protocol, hostname, port } = call.request as HttpRequest;
      if (protocol === 'https:') connecting = agent.connect(hostname, port ?? 443);
      const response = new HttpResponse({ statusCode: 200, body: Buffer.from(answer) });
      // The SDK's own middleware reads the output from the response.
      return { response, output: undefined as unknown as Output };
    },
    { step: 'deserialize', priority: 'low' },
  );
  return send().finally(() => connecting);
}
