import { showMessage } from './accepted-messages.ts';
import { ApiError, notFound, paging } from './errors.ts';
import type { Reply } from './faults.ts';
import type { SignatureKeys } from './keys.ts';
import type { createMessaging } from './messaging.ts';
import type { OptOuts } from './opt-outs.ts';
import type { PolledLists } from './polled.ts';
import type { Webhooks } from './webhooks.ts';

export interface ApiCall {
  method: string;
  path: string;
  query: URLSearchParams;
  /** Parsed JSON; `undefined` if there is none. */
  body: unknown;
}

export interface Api {
  /** Whether the account may have signature keys. */
  featureEnabled: boolean;
  keys: SignatureKeys;
  webhooks: Webhooks;
  lists: PolledLists;
  optOuts: OptOuts;
  messaging: Pick<ReturnType<typeof createMessaging>, 'send'>;
}

/** What a call does, and the answer's body if it has one. */
type Act = (call: ApiCall, id: string) => unknown;

const keysPath = '/v1/iam/signature_keys';
const webhooksPath = '/v1/webhooks/messages';

/** Carries out calls of the management API. The returned function throws `ApiError` unless the call succeeds. */
export function createRouter(api: Api): (call: ApiCall) => Promise<Reply> {
  const routes = routesOf(api).map(([call, status, act, plain]) => {
    const [method = '', route = ''] = call.split(' ');
    return { method, route, status, act, plain };
  });
  return async (call) => {
    if (call.path.startsWith(keysPath) && !api.featureEnabled)
      throw new ApiError(403, 'This feature has not been enabled in your account.');
    for (const { method, route, status, act, plain } of routes) {
      const id = method === call.method ? idOf(route, call.path) : undefined;
      if (id !== undefined) return { status, body: await act(call, id), ...(plain && { plain: true }) };
    }
    throw notFound();
  };
}

/** The id in a path, empty if its route has none; `undefined` for a path of another route. */
function idOf(route: string, path: string): string | undefined {
  const [before = '', after] = route.split('{id}');
  if (after === undefined) return path === route ? '' : undefined;
  const id = path.slice(before.length, path.length - after.length);
  return id !== '' && !id.includes('/') && path === `${before}${id}${after}` ? id : undefined;
}

/** The answer to a success. `plain` is for the answers that are declared as plain text. */
function routesOf({ keys, webhooks, lists, optOuts, messaging }: Api) {
  const { reports, replies } = lists;
  const blacklist = '/v1/number_authorisation/mt/blacklist';
  const routes: readonly [call: string, status: number, act: Act, plain?: 'plain'][] = [
    [`POST ${keysPath}`, 201, ({ body }) => keys.create(body)],
    [`GET ${keysPath}`, 200, ({ query }) => slice(keys.list(), keyPaging(query), 1)],
    [`GET ${keysPath}/enabled`, 200, () => keys.enabled()],
    [`PATCH ${keysPath}/enabled`, 200, ({ body }) => keys.enable(body)],
    [`DELETE ${keysPath}/enabled`, 204, () => keys.disable()],
    [`GET ${keysPath}/{id}`, 200, (_call, id) => keys.get(id)],
    [`DELETE ${keysPath}/{id}`, 200, (_call, id) => keys.remove(id)],
    ['POST /v1/messages', 202, ({ body }) => ({ messages: messaging.send(body).map(showMessage) })],
    ['GET /v1/delivery_reports', 200, () => ({ delivery_reports: reports.oldest() })],
    ['GET /v1/replies', 200, () => ({ replies: replies.oldest() })],
    ['POST /v1/delivery_reports/confirmed', 202, ({ body }) => reports.confirm(body), 'plain'],
    ['POST /v1/replies/confirmed', 202, ({ body }) => replies.confirm(body), 'plain'],
    [`GET ${blacklist}`, 200, ({ query }) => optOuts.blacklistPage(query.get('token'))],
    ['POST /v2-preview/reporting/messages/detail', 200, ({ body }) => optOuts.reportPage(body)],
    [`POST ${webhooksPath}`, 201, ({ body }) => webhooks.create(body)],
    // MessageMedia's own client libraries call it with a slash at the end.
    [`GET ${webhooksPath}`, 200, ({ query }) => webhookPage(webhooks, query)],
    [`GET ${webhooksPath}/`, 200, ({ query }) => webhookPage(webhooks, query)],
    [`PATCH ${webhooksPath}/{id}`, 200, ({ body }, id) => webhooks.update(id, body)],
    [`DELETE ${webhooksPath}/{id}`, 204, (_call, id) => webhooks.remove(id)],
  ];
  return routes;
}

/** The description requires both parameters, and MessageMedia's own client libraries send neither. */
function keyPaging(query: URLSearchParams) {
  return query.has('page') || query.has('page_size') ? paging(query, 1) : { page: 1, pageSize: 20 };
}

function webhookPage(webhooks: Webhooks, query: URLSearchParams): object {
  const { page, pageSize } = paging(query, 0, { page: 0, page_size: 100 });
  return { page, pageSize, pageData: slice(webhooks.list(), { page, pageSize }, 0) };
}

function slice<Item>(items: Item[], { page, pageSize }: { page: number; pageSize: number }, firstPage: number): Item[] {
  const start = (page - firstPage) * pageSize;
  return items.slice(start, start + pageSize);
}
