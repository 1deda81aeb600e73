import { showMessage } from './accepted-messages.ts';
import type { Account } from './account.ts';
import { ApiError, notFound, paging } from './errors.ts';
import type { Reply } from './faults.ts';
import type { SignatureKeys } from './keys.ts';
import { reportStops, type Stops } from './opt-outs.ts';

/** A call after its credentials were checked. */
export interface ApiCall {
  method: string;
  path: string;
  query: URLSearchParams;
  /** Parsed JSON; `undefined` if there is none. */
  body: unknown;
  /** The account to act for, if it is not that of the credentials. */
  subAccount: Account | undefined;
}

/** The state that the API works on. */
export interface Api {
  /** Whether the account may have signature keys. */
  featureEnabled: boolean;
  keys: SignatureKeys;
  /** The account of the credentials. */
  account: Account;
  /** Messages that triggered an opt-out, of the account and its sub-accounts. */
  stops: Stops;
}

type Act = (call: ApiCall, account: Account, id: string) => Reply | Promise<Reply>;
type Route = [method: string, path: RegExp, act: Act];

const keysPath = '/v1/iam/signature_keys';

/** Carries out calls of the management API. The returned function throws `ApiError` unless the call succeeds. */
export function createRouter(api: Api): (call: ApiCall) => Promise<Reply> {
  const routes = [...keyRoutes(api), ...messageRoutes, ...polledRoutes, ...optOutRoutes(api), ...webhookRoutes];
  return async (call) => {
    if (call.path.startsWith(keysPath)) checkKeysCall(api, call);
    for (const [method, path, act] of routes) {
      const match = method === call.method ? path.exec(call.path) : null;
      if (match) return act(call, call.subAccount ?? api.account, match[1] ?? '');
    }
    throw notFound();
  };
}

/**
 * The API description names the services with sub-accounts, and the signature keys are not among them. It does not say
 * whether the header is refused or ignored. It is refused here, because otherwise a client could change the keys of the
 * whole account while it means to act for a sub-account. Webhooks of sub-accounts are signed with the account's own key.
 */
function checkKeysCall({ featureEnabled }: Api, { subAccount }: ApiCall): void {
  if (!featureEnabled) throw new ApiError(403, 'This feature has not been enabled in your account.');
  if (subAccount) throw new ApiError(403, 'Signature keys cannot be managed for a sub-account.');
}

function keyRoutes({ keys }: Api): Route[] {
  const all = /^\/v1\/iam\/signature_keys$/;
  const enabled = /^\/v1\/iam\/signature_keys\/enabled$/;
  const one = /^\/v1\/iam\/signature_keys\/([^/]+)$/;
  return [
    ['POST', all, async ({ body }) => ({ status: 201, body: await keys.create(body) })],
    // The description requires both parameters, and MessageMedia's own client libraries send neither.
    ['GET', all, ({ query }) => ({ status: 200, body: slice(keys.list(), keyPaging(query), 1) })],
    ['GET', enabled, () => ({ status: 200, body: keys.enabled() })],
    ['PATCH', enabled, ({ body }) => ({ status: 200, body: keys.enable(body) })],
    ['DELETE', enabled, () => done(204, keys.disable)],
    ['GET', one, (_call, _account, id) => ({ status: 200, body: keys.get(id) })],
    ['DELETE', one, (_call, _account, id) => done(200, () => keys.remove(id))],
  ];
}

function keyPaging(query: URLSearchParams) {
  return query.has('page') || query.has('page_size') ? paging(query, 1) : { page: 1, pageSize: 20 };
}

const messageRoutes: Route[] = [
  [
    'POST',
    /^\/v1\/messages$/,
    ({ body }, { messaging }) => ({ status: 202, body: { messages: messaging.send(body).map(showMessage) } }),
  ],
  [
    'GET',
    /^\/v1\/messages\/([^/]+)$/,
    (_call, { messaging }, id) => ({ status: 200, body: showMessage(messaging.get(id)) }),
  ],
];

const polledRoutes: Route[] = [
  [
    'GET',
    /^\/v1\/delivery_reports$/,
    (_call, { lists }) => ({ status: 200, body: { delivery_reports: lists.reports.oldest() } }),
  ],
  ['GET', /^\/v1\/replies$/, (_call, { lists }) => ({ status: 200, body: { replies: lists.replies.oldest() } })],
  [
    'POST',
    /^\/v1\/delivery_reports\/confirmed$/,
    ({ body }, { lists }) => confirmed('delivery reports', () => lists.reports.confirm(body)),
  ],
  [
    'POST',
    /^\/v1\/replies\/confirmed$/,
    ({ body }, { lists }) => confirmed('replies', () => lists.replies.confirm(body)),
  ],
];

function optOutRoutes({ stops, account: main }: Api): Route[] {
  return [
    [
      'GET',
      /^\/v1\/number_authorisation\/mt\/blacklist$/,
      ({ query }, { optOuts }) => ({ status: 200, body: optOuts.blacklistPage(query.get('token')) }),
    ],
    [
      'POST',
      /^\/v2-preview\/reporting\/messages\/detail$/,
      ({ body }, { id }) => {
        const visible = stops.filter(({ account_id }) => id === main.id || id === account_id);
        return { status: 200, body: reportStops(visible, body) };
      },
    ],
  ];
}

const webhookRoutes: Route[] = [
  ['POST', /^\/v1\/webhooks\/messages$/, ({ body }, { webhooks }) => ({ status: 201, body: webhooks.create(body) })],
  // MessageMedia's own client libraries call it with a slash at the end.
  ['GET', /^\/v1\/webhooks\/messages\/?$/, listWebhooks],
  [
    'PATCH',
    /^\/v1\/webhooks\/messages\/([^/]+)$/,
    ({ body }, { webhooks }, id) => ({ status: 200, body: webhooks.update(id, body) }),
  ],
  ['DELETE', /^\/v1\/webhooks\/messages\/([^/]+)$/, (_call, { webhooks }, id) => done(204, () => webhooks.remove(id))],
];

function listWebhooks({ query }: ApiCall, { webhooks }: Account): Reply {
  const { page, pageSize } = paging(query, 0, { page: 0, page_size: 100 });
  return { status: 200, body: { page, pageSize, pageData: slice(webhooks.list(), { page, pageSize }, 0) } };
}

/** The description declares plain text for this one answer. */
function confirmed(what: string, confirm: () => void): Reply {
  confirm();
  return { status: 202, body: `Requested ${what} will be marked as confirmed`, plain: true };
}

function done(status: number, act: () => void): Reply {
  act();
  return { status };
}

function slice<Item>(items: Item[], { page, pageSize }: { page: number; pageSize: number }, firstPage: number): Item[] {
  const start = (page - firstPage) * pageSize;
  return items.slice(start, start + pageSize);
}
