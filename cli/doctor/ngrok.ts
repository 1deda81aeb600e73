import { readRawHttp } from './raw-http.ts';
import type { CapturedRequest } from './read-capture.ts';

/** Where the ngrok agent serves the requests that it passed on. */
const agent = 'http://127.0.0.1:4040';

/**
 * A request that went through ngrok's tunnel, from its agent on this machine.
 *
 * @param id of the request @default the newest
 * @param origin of the agent
 * @throws {Error} when no agent answers, or it has no such request
 */
export async function readFromNgrok(id: string | undefined, origin = agent): Promise<CapturedRequest> {
  const path = id === undefined ? '?limit=1' : `/${encodeURIComponent(id)}`;
  const response = await fetch(`${origin}/api/requests/http${path}`).catch((cause: unknown) => {
    throw new Error(`No ngrok agent answers at ${origin}: is ngrok running on this machine?`, { cause });
  });
  if (!response.ok) throw new Error(`The ngrok agent answered ${response.status}: does it have the request ${id}?`);
  const answer: { requests?: NgrokRequest[] } & NgrokRequest = JSON.parse(await response.text());
  const found = answer.requests === undefined ? answer : answer.requests[0];
  if (found?.request?.raw === undefined) throw new Error('The ngrok agent has no request yet.');
  const receivedAt = Date.parse(found.start ?? '');
  return {
    format: 'raw HTTP',
    ...readRawHttp(Buffer.from(found.request.raw, 'base64')),
    ...(!Number.isNaN(receivedAt) && { receivedAt }),
  };
}

/** The parts of ngrok's answer that are used; `raw` is the whole request in base64. */
interface NgrokRequest {
  start?: string;
  request?: { raw?: string };
}
