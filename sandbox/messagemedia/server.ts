import type { IncomingMessage, ServerResponse } from 'node:http';
import { deliver, type Webhook } from '../../signing/sender.ts';
import { listen, readBody } from '../http.ts';
import { authenticate } from './credentials.ts';
import { createDelivery, type Delivery } from './delivery.ts';
import { onceTo } from './destinations.ts';
import { ApiError, badRequest, refusalOf } from './errors.ts';
import { answer, createFaults, type Reply } from './faults.ts';
import { createSignatureKeys } from './keys.ts';
import { createMessaging } from './messaging.ts';
import { createOptOuts } from './opt-outs.ts';
import { createPolledLists } from './polled.ts';
import { createRouter } from './routes.ts';
import { createWebhooks } from './webhooks.ts';

export interface ProviderSimulatorOptions {
  apiKey?: string;
  apiSecret?: string;
  /** Id of the account, in webhooks and in the `Account` header. */
  account?: string;
  /** Bits of new signature keys. Default 2048. */
  modulusLength?: number;
  /** `false` for an account without signed webhooks. */
  featureEnabled?: boolean;
  /** How long a second of a retry's delay lasts, in milliseconds. Default 1000. */
  secondMilliseconds?: number;
  /** The clock of events, and of the signed `Date`. Default: this machine's. */
  now?: () => Date;
  /** Sends a webhook to the origin of its URL. Default: over the network. */
  deliver?: typeof deliver;
  /** A retried webhook repeats the first try byte for byte. Default: it gets a new signature with a new `Date`. */
  resendSameBytes?: boolean;
  /** Seconds before each retry of a `callback_url`, until a 2xx. Default: 1, 2 and 4. */
  callbackDelays?: readonly number[];
}

/** MessageMedia on this machine: its management API over HTTP, and the webhooks that it sends. */
export type ProviderSimulator = Awaited<ReturnType<typeof startProvider>>;

export async function startProvider(options: ProviderSimulatorOptions = {}) {
  const { apiKey = 'sandbox-key', apiSecret = 'sandbox-secret', account = 'MessageMedia123' } = options;
  const { modulusLength = 2048, featureEnabled = true, secondMilliseconds = 1000, resendSameBytes = false } = options;
  const { now = () => new Date(), callbackDelays = [1, 2, 4] } = options;
  const sending = { deliver: options.deliver ?? deliver, secondMilliseconds, resendSameBytes };
  const keys = createSignatureKeys(modulusLength);
  const delivery = createDelivery({ signingKey: keys.signingKey, now, ...sending });
  const faults = createFaults();
  const state = { webhooks: createWebhooks(), lists: createPolledLists(), optOuts: createOptOuts(account) };
  const messaging = createMessaging({ account, ...state, delivery, callbackDelays, now });
  const route = createRouter({ featureEnabled, keys, messaging, ...state });
  const carryOut = async (request: IncomingMessage, url: URL): Promise<Reply> => {
    const body = (await readBody(request)) ?? Buffer.alloc(0);
    authenticate(request, body, { apiKey, apiSecret });
    if ((request.headers.account ?? account) !== account)
      throw new ApiError(403, 'These credentials cannot act for this account.');
    const { pathname: path, searchParams: query } = url;
    return route({ method: request.method ?? '', path, query, body: parse(String(body)) });
  };
  const serve = async (request: IncomingMessage, response: ServerResponse) => {
    const url = new URL(`http://localhost${request.url}`);
    const fault = faults.take(`${request.method} ${url.pathname}`);
    await answer(response, fault, () => carryOut(request, url).catch((error) => refusalOf(error, url.pathname)));
  };
  const server = await listen(0, (request, response) => {
    serve(request, response).catch(() => response.destroy());
  });
  const { reply, optOut, dropNext } = messaging;
  return {
    ...{ url: server.url, apiKey, apiSecret, account, reply, optOut, dropNext },
    /** Every try at delivering a webhook, in the order in which they ended. */
    deliveries: delivery.deliveries as readonly Delivery[],
    signatureKeys: keys.list,
    signingKey: keys.signingKey,
    /** Signs a webhook with the enabled key, if there is one, and sends it once. @returns `undefined` without an answer */
    deliver: (origin: string, webhook: Webhook) => delivery.send({ event: 'custom' }, onceTo(origin, webhook)),
    /** Gives a fault to the next call whose `METHOD /path` matches. */
    failNext: faults.failNext,
    settled: delivery.settled,
    close: async () => {
      await Promise.all([delivery.close(), server.close()]);
    },
  };
}

function parse(body: string): unknown {
  try {
    return body === '' ? undefined : JSON.parse(body);
  } catch {
    throw badRequest('Failed to parse message body.');
  }
}
