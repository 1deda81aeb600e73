import type { IncomingMessage, ServerResponse } from 'node:http';
import type { SignatureKey, WebhookEvent } from '../../lambda/messagemedia/types.ts';
import { oneDigitDate } from '../../lambda/signature.ts';
import type { PhoneReply } from '../../signing/sample-events.ts';
import { type DeliveryAnswer, deliver, type SigningKey, type Webhook } from '../../signing/sender.ts';
import { type LocalServer, listen, readBody } from '../http.ts';
import { type Account, createAccount } from './account.ts';
import { authenticate } from './credentials.ts';
import { createDelivery, type Delivery } from './delivery.ts';
import { onceTo } from './destinations.ts';
import { createDrops, type Drops } from './drops.ts';
import { ApiError, badRequest } from './errors.ts';
import { answer, createFaults, type Fault, type Reply } from './faults.ts';
import { createSignatureKeys } from './keys.ts';
import type { Backoff } from './messaging.ts';
import type { Stops } from './opt-outs.ts';
import { createRouter } from './routes.ts';
import { refusalOf } from './wording.ts';

/** How the stand-in behaves. Everything has a default. */
export interface ProviderSimulatorOptions {
  apiKey?: string;
  apiSecret?: string;
  /** Id of the account, in webhooks and in the `Account` header. */
  account?: string;
  /** Ids of sub-accounts for which these credentials may act, each with its own messages, lists and webhooks. */
  subAccounts?: readonly string[];
  /** Bits of new signature keys. Default 2048. */
  modulusLength?: number;
  /** `false` for an account without signed webhooks. */
  featureEnabled?: boolean;
  /** How long a second of a retry's delay lasts, in milliseconds. Default 1000. */
  secondMilliseconds?: number;
  /** The clock of events, and of the signed `Date`. Default: this machine's. */
  now?: () => Date;
  /** Whether the days 1 to 9 have one digit in the signed `Date`. MessageMedia does not document this. Default `false`. */
  oneDigitDays?: boolean;
  /** Sends a webhook to the origin of its URL. Default: over the network. */
  deliver?: typeof deliver;
  /** A retried webhook repeats the first try byte for byte. Default: it gets a new signature with a new `Date`. */
  resendSameBytes?: boolean;
  /** How a `callback_url` is tried until a 2xx. Default: 4 tries, with 1, 2 and 4 seconds between them. */
  callbackBackoff?: Partial<Backoff>;
  /**
   * Whether an accepted webhook or callback counts as a confirmation, so that polling does not list its event.
   * MessageMedia does not document this. Default `false`.
   */
  confirmedByWebhook?: boolean;
  /** Whether values in forms and XML are escaped. MessageMedia does not document this. Default `false`, the worse case. */
  escapeValues?: boolean;
  /** Whether a host of a callback URL has TLS 1.3. Without it a message to a +65 number gets a 422. Default: every host has it. */
  hasNewTls?: (host: string) => boolean;
}

/** MessageMedia on this machine: its management API over HTTP, and the webhooks that it sends. */
export interface ProviderSimulator extends LocalServer {
  apiKey: string;
  apiSecret: string;
  account: string;
  /** Every try at delivering a webhook, in the order in which they ended. */
  deliveries: readonly Delivery[];
  signatureKeys: () => SignatureKey[];
  /** The currently enabled key. */
  signingKey: () => SigningKey | undefined;
  /** A phone answers a message. @returns the reply's id */
  reply: (messageId: string, reply: PhoneReply) => string;
  /**
   * A phone writes STOP. As an answer to a message, which is the default, it puts the number on the blacklist.
   *
   * @returns the notification's id
   */
  optOut: (messageId: string, isSolicited?: boolean) => string;
  /** Signs a webhook with the enabled key, if there is one, and sends it once. @returns `undefined` without an answer */
  deliver: (origin: string, webhook: Webhook) => Promise<DeliveryAnswer | undefined>;
  /** The next event of this kind reaches no webhook and no callback, and is only found by polling. */
  dropNext: (kind: WebhookEvent) => void;
  /** Gives a fault to the next call whose `METHOD /path` matches. */
  failNext: (pattern: RegExp, fault: Fault) => void;
  /** Resolves when no webhook is left to deliver. */
  settled: () => Promise<void>;
}

/** Starts it on a free port. */
export async function startProvider(options: ProviderSimulatorOptions = {}): Promise<ProviderSimulator> {
  const { apiKey = 'sandbox-key', apiSecret = 'sandbox-secret', account = 'MessageMedia123' } = options;
  const { modulusLength = 2048, featureEnabled = true, secondMilliseconds = 1000, resendSameBytes = false } = options;
  const { now = () => new Date(), oneDigitDays = false } = options;
  const date = () => (oneDigitDays ? oneDigitDate(now()) : now().toUTCString());
  const sending = { deliver: options.deliver ?? deliver, secondMilliseconds, date, resendSameBytes };
  const keys = createSignatureKeys(modulusLength);
  const delivery = createDelivery({ signingKey: keys.signingKey, ...sending });
  const faults = createFaults();
  const drops = createDrops();
  const stops: Stops = [];
  const accounts = createAccounts(account, options, delivery, { drops, stops, now });
  const route = createRouter({ featureEnabled, keys, account: accounts.own, stops });
  const carryOut = async (request: IncomingMessage, url: URL): Promise<Reply> => {
    const body = (await readBody(request)) ?? Buffer.alloc(0);
    authenticate(request, body, { apiKey, apiSecret });
    const subAccount = accounts.actingFor(request.headers.account);
    const { pathname: path, searchParams: query } = url;
    return route({ method: request.method ?? '', path, query, body: parse(String(body)), subAccount });
  };
  const serve = async (request: IncomingMessage, response: ServerResponse) => {
    const url = new URL(`http://localhost${request.url}`);
    const fault = faults.take(`${request.method} ${url.pathname}`);
    await answer(response, fault, () => carryOut(request, url).catch((error) => refusalOf(error, url.pathname)));
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
    reply: (messageId, reply) => accounts.holding(messageId).messaging.reply(messageId, reply),
    optOut: (messageId, isSolicited) => accounts.holding(messageId).messaging.optOut(messageId, isSolicited),
    deliver: (origin, webhook) => delivery.send({ event: 'custom' }, onceTo(origin, webhook)),
    dropNext: drops.dropNext,
    failNext: faults.failNext,
    settled: delivery.settled,
    close: async () => {
      await Promise.all([delivery.close(), server.close()]);
    },
  };
}

const defaultBackoff: Backoff = { tries: 4, firstDelay: 1, factor: 2 };

function createAccounts(
  ownId: string,
  options: ProviderSimulatorOptions,
  delivery: ReturnType<typeof createDelivery>,
  shared: { drops: Drops; stops: Stops; now: () => Date },
) {
  const { subAccounts = [], callbackBackoff, confirmedByWebhook = false, escapeValues = false } = options;
  const parts = {
    ...shared,
    hasNewTls: options.hasNewTls ?? (() => true),
    callbackBackoff: { ...defaultBackoff, ...callbackBackoff },
    confirmedByWebhook,
    escapeValues,
  };
  const own = createAccount(ownId, delivery, parts);
  const others = subAccounts.map((id) => createAccount(id, delivery, parts));
  return {
    own,
    /** The sub-account that a header names, if it names one. @throws {ApiError} 403 */
    actingFor: (header: string | string[] | undefined): Account | undefined => {
      if (header === undefined || header === ownId) return undefined;
      const account = others.find(({ id }) => id === header);
      if (account) return account;
      throw new ApiError(403, 'These credentials cannot act for this account.');
    },
    /** The account that sent a message. */
    holding: (messageId: string): Account => others.find(({ messaging }) => messaging.has(messageId)) ?? own,
  };
}

function parse(body: string): unknown {
  try {
    return body === '' ? undefined : JSON.parse(body);
  } catch {
    throw badRequest('Failed to parse message body.');
  }
}
