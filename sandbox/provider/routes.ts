import { ApiError, paging } from './errors.ts';
import type { Reply } from './faults.ts';
import type { SignatureKeys } from './keys.ts';
import type { AcceptedMessage } from './messages.ts';
import type { Webhooks } from './webhooks.ts';

/** A call after its credentials were checked. */
export interface ApiCall {
  method: string;
  path: string;
  query: URLSearchParams;
  /** Parsed JSON; `undefined` when there is none. */
  body: unknown;
}

/** The account that calls work on. */
export interface Account {
  /** Whether it may have signature keys. */
  featureEnabled: boolean;
  keys: SignatureKeys;
  webhooks: Webhooks;
  /** Takes the body of a send request. */
  send: (body: unknown) => AcceptedMessage[];
}

type Route = [method: string, path: RegExp, act: (call: ApiCall, id: string) => Reply | Promise<Reply>];

const keysPath = '/v1/iam/signature_keys';

/** Carries calls of the management API out. The function it returns throws `ApiError` for all that is not a success. */
export function createRouter(account: Account): (call: ApiCall) => Promise<Reply> {
  const routes = [...keyRoutes(account), ...messageRoutes(account), ...webhookRoutes(account)];
  return async (call) => {
    if (call.path.startsWith(keysPath) && !account.featureEnabled) {
      throw new ApiError(403, 'This feature has not been enabled in your account.');
    }
    for (const [method, path, act] of routes) {
      const match = method === call.method ? path.exec(call.path) : null;
      if (match) return act(call, match[1] ?? '');
    }
    throw new ApiError(404, 'Not Found');
  };
}

function keyRoutes({ keys }: Account): Route[] {
  const all = /^\/v1\/iam\/signature_keys$/;
  const enabled = /^\/v1\/iam\/signature_keys\/enabled$/;
  const one = /^\/v1\/iam\/signature_keys\/([^/]+)$/;
  return [
    ['POST', all, async ({ body }) => ({ status: 201, body: await keys.create(body) })],
    ['GET', all, ({ query }) => ({ status: 200, body: slice(keys.list(), paging(query, 1), 1) })],
    ['GET', enabled, () => ({ status: 200, body: keys.enabled() })],
    ['PATCH', enabled, ({ body }) => ({ status: 200, body: keys.enable(body) })],
    ['DELETE', enabled, () => done(204, keys.disable)],
    ['GET', one, (_call, id) => ({ status: 200, body: keys.get(id) })],
    ['DELETE', one, (_call, id) => done(200, () => keys.remove(id))],
  ];
}

function messageRoutes({ send }: Account): Route[] {
  const shown = (body: unknown) => send(body).map(({ submitted: _, ...message }) => message);
  return [['POST', /^\/v1\/messages$/, ({ body }) => ({ status: 202, body: { messages: shown(body) } })]];
}

function webhookRoutes({ webhooks }: Account): Route[] {
  const all = /^\/v1\/webhooks\/messages$/;
  const one = /^\/v1\/webhooks\/messages\/([^/]+)$/;
  return [
    ['POST', all, ({ body }) => ({ status: 201, body: webhooks.create(body) })],
    [
      'GET',
      all,
      ({ query }) => {
        const { page, pageSize } = paging(query, 0, { page: 0, page_size: 100 });
        return { status: 200, body: { page, pageSize, pageData: slice(webhooks.list(), { page, pageSize }, 0) } };
      },
    ],
    ['PATCH', one, ({ body }, id) => ({ status: 200, body: webhooks.update(id, body) })],
    ['DELETE', one, (_call, id) => done(204, () => webhooks.remove(id))],
  ];
}

function done(status: number, act: () => void): Reply {
  act();
  return { status };
}

function slice<Item>(items: Item[], { page, pageSize }: { page: number; pageSize: number }, firstPage: number): Item[] {
  const start = (page - firstPage) * pageSize;
  return items.slice(start, start + pageSize);
}
