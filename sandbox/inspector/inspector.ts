import { randomBytes, randomUUID, timingSafeEqual } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { fetchFromS3 } from '../../lambda/event/s3-data.ts';
import { isObject } from '../../lambda/guards.ts';
import { sampleWebhooks } from '../../signing/sample-webhooks.ts';
import { badSenders } from '../bad-senders.ts';
import { type LocalServer, listen, readBody } from '../http.ts';
import { callbackPath, type Sandbox } from '../sandbox.ts';
import { environmentPath, shellEnvironment } from '../shell-environment.ts';
import { ActionError, createActions } from './actions.ts';
import { loadAssets } from './assets.ts';
import { curlOf, detailsOf } from './details.ts';
import type { Change, History } from './history.ts';

/** Allows only content of this server. So no script in a webhook runs, and no URL in a webhook is fetched. */
const policy =
  "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

const safety = {
  'content-security-policy': policy,
  'x-content-type-options': 'nosniff',
  'referrer-policy': 'no-referrer',
  'cross-origin-resource-policy': 'same-origin',
  'cache-control': 'no-store',
};

/** Largest body of an action, in bytes. */
const maxInputBytes = 10_000;

/**
 * Starts the page that shows the result of each call. It answers only requests for this machine's own names, like every
 * server of the sandbox except the gateway. Requests that change something also need JSON, the page's own origin, and the
 * token of this start, which only the page has.
 */
export async function startInspector(port: number, sandbox: Sandbox, history: History): Promise<LocalServer> {
  const token = randomBytes(32).toString('base64url');
  const start = randomUUID();
  const assets = await loadAssets(token);
  const actions = createActions(sandbox, history);
  const { queue, keys } = sandbox;
  const fetchData = fetchFromS3(queue.storage, queue.overflowBucket);

  const get = async (path: string, request: IncomingMessage, response: ServerResponse) => {
    const asset = assets.get(path);
    if (asset) return response.writeHead(200, { ...safety, 'content-type': asset.type }).end(asset.content);
    if (path === '/events') return stream(request, response, history, start);
    if (path === environmentPath)
      return response.writeHead(200, { ...safety, 'content-type': 'text/plain' }).end(shellEnvironment(sandbox));
    if (path === '/state') return json(response, 200, stateOf(sandbox));
    const [, id, curl] = /^\/calls\/(\d+)(\/curl)?$/.exec(path) ?? [];
    if (id === undefined) return json(response, 404, { error: 'There is no such page.' });
    const call = history.get(Number(id));
    if (call === undefined) return json(response, 404, { error: 'This call is no longer kept.' });
    if (curl) return json(response, 200, { curl: curlOf(call, sandbox.url) });
    return json(response, 200, await detailsOf(call, history.all(), keys(), fetchData, sandbox.url));
  };

  const post = async (path: string, request: IncomingMessage, response: ServerResponse) => {
    if (!isOwn(request, token)) return json(response, 403, { error: 'Only the page itself may do this.' });
    const action = actions[path];
    const input: unknown = JSON.parse(String((await readBody(request, maxInputBytes)) ?? ''));
    if (!Object.hasOwn(actions, path) || action === undefined || !isObject(input))
      return json(response, 404, { error: 'There is no such action.' });
    await action(input);
    return json(response, 200, stateOf(sandbox));
  };

  return listen(port, (request, response) => {
    const path = (request.url ?? '/').replace(/\?.*/s, '');
    const serve = request.method === 'GET' ? get : request.method === 'POST' ? post : undefined;
    if (serve === undefined) return json(response, 405, { error: 'Use GET or POST.' });
    serve(path, request, response).catch((error: unknown) => {
      if (response.headersSent) response.destroy();
      else if (error instanceof ActionError) json(response, 409, { error: error.message });
      else json(response, 500, { error: error instanceof Error ? error.message : String(error) });
    });
  });
}

function json(response: ServerResponse, status: number, body: object): void {
  response.writeHead(status, { ...safety, 'content-type': 'application/json' }).end(JSON.stringify(body));
}

/** A page of another origin cannot read the token. It cannot send JSON either, because no preflight request is answered. */
function isOwn({ headers }: IncomingMessage, token: string): boolean {
  const given = Buffer.from(String(headers['x-inspector-token'] ?? ''));
  const isSameOrigin = headers.origin === `http://${headers.host}`;
  const isJson = headers['content-type'] === 'application/json';
  return isSameOrigin && isJson && given.length === token.length && timingSafeEqual(given, Buffer.from(token));
}

function stateOf({ url, queue, secrets, provider }: Sandbox) {
  return {
    callbackUrl: `${url}${callbackPath}`,
    kinds: Object.keys(sampleWebhooks(callbackPath)),
    breakages: badSenders.map(({ name, cause }) => ({ name, cause })),
    enabledKey: provider.signingKey()?.id ?? '',
    outages: { queue: queue.isFailing(), secrets: secrets.isFailing() },
  };
}

/** In milliseconds. Without a heartbeat, a proxy may close an idle connection. */
const heartbeat = 15_000;

/** In milliseconds. Requests that are answered sooner are not sent as without answer. */
const settle = 150;

/** Most requests without answer that are sent. */
const mostPending = 20;

/**
 * Sends calls to a page as server-sent events. First come those that it has not seen, by `Last-Event-ID`, then each new one
 * as `call`. `prune` names the id up to which calls were dropped. `pending` has all requests without answer, the oldest first.
 *
 * @param start identifies this start of the sandbox, so that a page of an earlier start notices
 */
function stream(request: IncomingMessage, response: ServerResponse, history: History, start: string): void {
  response.writeHead(200, { 'content-type': 'text/event-stream', 'cache-control': 'no-store' });
  response.write(`event: start\ndata: ${start}\n\n`);
  const seen = Number(request.headers['last-event-id'] ?? 0);
  let settling: NodeJS.Timeout | undefined;
  const writePending = () => {
    settling = undefined;
    const pending = history.pending();
    const data = JSON.stringify({ requests: pending.slice(0, mostPending), all: pending.length });
    response.write(`event: pending\ndata: ${data}\n\n`);
  };
  const write = (change: Change) => {
    if (change === 'pending') settling ??= setTimeout(writePending, settle);
    else if ('prunedTo' in change) response.write(`event: prune\ndata: ${change.prunedTo}\n\n`);
    else response.write(`id: ${change.call.id}\nevent: call\ndata: ${JSON.stringify(change.call)}\n\n`);
  };
  write('pending');
  write({ prunedTo: history.prunedTo() });
  for (const call of history.summaries()) if (call.id > seen) write({ call });
  const stop = history.listen(write);
  const beat = setInterval(() => response.write(': still here\n\n'), heartbeat);
  response.on('close', () => {
    clearInterval(beat);
    clearTimeout(settling);
    stop();
  });
}
