import type { IncomingMessage, ServerResponse } from 'node:http';
import type { SignatureKey } from '../../lambda/provider/types.ts';
import { type LocalServer, listen, readBody } from '../http.ts';
import type { DeliveryAnswer, SigningKey, Webhook } from '../sender.ts';
import { createDelivery, type Delivery } from './delivery.ts';
import { onceTo } from './destinations.ts';
import { ApiError, badRequest } from './errors.ts';
import type { PhoneReply } from './events.ts';
import { answer, createFaults, type Fault, type Reply } from './faults.ts';
import { createSignatureKeys } from './keys.ts';
import { createMessaging } from './messaging.ts';
import { createRouter } from './routes.ts';
import { createWebhooks } from './webhooks.ts';

/** How the stand-in behaves. Everything has a default. */
export interface ProviderSimulatorOptions {
  apiKey?: string;
  apiSecret?: string;
  /** Id of the account, in webhooks and in the `Account` header. */
  account?: string;
  /** Bits of new signature keys. Default 2048. */
  modulusLength?: number;
  /** `false` for an account that was not given signed webhooks. */
  featureEnabled?: boolean;
  /** How long a second of `retry_delay` lasts, in milliseconds. Default 1000. */
  secondMilliseconds?: number;
  /** A retried webhook repeats the first try to the byte. Default: it is signed anew, with a new `Date`. */
  resendSameBytes?: boolean;
}

/** MessageMedia on this machine: its management API over HTTP, and the webhooks that it sends. */
export interface ProviderSimulator extends LocalServer {
  apiKey: string;
  apiSecret: string;
  account: string;
  /** Every try at delivering a webhook, in the order in which they ended. */
  deliveries: readonly Delivery[];
  signatureKeys: () => SignatureKey[];
  /** The key that is enabled at the moment. */
  signingKey: () => SigningKey | undefined;
  /** A phone answers a message. @returns the reply's id */
  reply: (messageId: string, reply: PhoneReply) => string;
  /** A phone answers STOP. @returns the notification's id */
  optOut: (messageId: string) => string;
  /** Signs any webhook with the enabled key, if there is one, and delivers it once. @returns `undefined` without answer */
  deliver: (origin: string, webhook: Webhook) => Promise<DeliveryAnswer | undefined>;
  /** Spoils the next call whose `METHOD /path` matches. */
  failNext: (pattern: RegExp, fault: Fault) => void;
  /** Resolves when no webhook is left to deliver. */
  settled: () => Promise<void>;
}

/** Starts it on a free port. */
export async function startProvider(options: ProviderSimulatorOptions = {}): Promise<ProviderSimulator> {
  const { apiKey = 'sandbox-key', apiSecret = 'sandbox-secret', account = 'MessageMedia123' } = options;
  const { modulusLength = 2048, featureEnabled = true, secondMilliseconds = 1000, resendSameBytes = false } = options;
  const keys = createSignatureKeys(modulusLength);
  const webhooks = createWebhooks();
  const delivery = createDelivery({ signingKey: keys.signingKey, secondMilliseconds, resendSameBytes });
  const faults = createFaults();
  const messaging = createMessaging(account, webhooks, delivery);
  const route = createRouter({ featureEnabled, keys, webhooks, send: messaging.send });
  const credentials = `Basic ${Buffer.from(`${apiKey}:${apiSecret}`).toString('base64')}`;
  const carryOut = async (request: IncomingMessage, url: URL): Promise<Reply> => {
    const body = String(await readBody(request));
    checkCaller(request, credentials, account);
    return route({ method: request.method ?? '', path: url.pathname, query: url.searchParams, body: parse(body) });
  };
  const serve = async (request: IncomingMessage, response: ServerResponse) => {
    const url = new URL(`http://localhost${request.url}`);
    const fault = faults.take(`${request.method} ${url.pathname}`);
    await answer(response, fault, () => carryOut(request, url).catch(toReply));
  };
  const server = await listen(0, (request, response) => {
    serve(request, response).catch(() => response.destroy());
  });
  return {
    url: server.url,
    apiKey,
    apiSecret,
    account,
    deliveries: delivery.deliveries,
    signatureKeys: keys.list,
    signingKey: keys.signingKey,
    reply: messaging.reply,
    optOut: messaging.optOut,
    deliver: (origin, webhook) => delivery.send({ event: 'custom' }, onceTo(origin, webhook)),
    failNext: faults.failNext,
    settled: delivery.settled,
    close: async () => {
      await Promise.all([delivery.close(), server.close()]);
    },
  };
}

function checkCaller({ headers }: IncomingMessage, credentials: string, account: string): void {
  if (headers.authorization !== credentials) throw new ApiError(401, 'Invalid authentication credentials');
  if ((headers.account ?? account) !== account)
    throw new ApiError(403, 'These credentials cannot act for this account.');
}

function parse(body: string): unknown {
  try {
    return body === '' ? undefined : JSON.parse(body);
  } catch {
    throw badRequest('Failed to parse message body.');
  }
}

function toReply(error: unknown): Reply {
  if (error instanceof ApiError)
    return { status: error.status, body: { message: error.message, details: error.details } };
  return { status: 500, body: { message: String(error), details: [] } };
}
