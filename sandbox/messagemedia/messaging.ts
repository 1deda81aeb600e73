import type { WebhookEvent } from '../../lambda/messagemedia/types.ts';
import type { AcceptedMessage } from '../../signing/sample-events.ts';
import {
  deliveryReports,
  optOutAfter,
  type PhoneReply,
  type ProviderEvent,
  replyTo,
} from '../../signing/sample-events.ts';
import { acceptMessages } from './accepted-messages.ts';
import type { createDelivery, Route } from './delivery.ts';
import { callbackDestination, webhookDestination } from './destinations.ts';
import { notFound } from './errors.ts';
import type { OptOuts } from './opt-outs.ts';
import type { PolledLists } from './polled.ts';
import type { Webhooks } from './webhooks.ts';

/** How a `callback_url` is retried until a 2xx. MessageMedia documents none of these numbers. */
export interface Backoff {
  /** Tries in all. */
  tries: number;
  /** Seconds before the second try. */
  firstDelay: number;
  /** Factor by which each later delay grows. */
  factor: number;
}

/** The parts that messaging needs. */
export interface MessagingParts {
  /** Id of the account. */
  account: string;
  webhooks: Webhooks;
  lists: PolledLists;
  optOuts: OptOuts;
  delivery: ReturnType<typeof createDelivery>;
  callbackBackoff: Backoff;
  /** An event whose webhook or callback was accepted need not be confirmed. */
  confirmedByWebhook: boolean;
  /** Values in forms and XML are escaped. */
  escapeValues: boolean;
  /** The clock of messages and events. */
  now: () => Date;
  /** Whether a host of a callback URL has TLS 1.3. */
  hasNewTls: (host: string) => boolean;
  /** Whether this event is not delivered. */
  isDropped: (kind: WebhookEvent) => boolean;
}

/** Sends messages to phones, receives answers from them, and sends webhooks about both in the background. */
export function createMessaging(parts: MessagingParts) {
  const { account, webhooks, lists, optOuts, delivery, confirmedByWebhook, escapeValues, isDropped, now } = parts;
  const from = { accountId: account, now };
  const { tries, firstDelay, factor } = parts.callbackBackoff;
  const messages = new Map<string, AcceptedMessage>();

  const routesOf = ({ callback_url }: AcceptedMessage, event: ProviderEvent): Route[] => {
    const subscribed = webhooks.subscribedTo(event.kind);
    const routes: Route[] = subscribed.map((webhook) => webhookDestination(webhook, event, escapeValues));
    if (callback_url === undefined) return routes;
    const once = callbackDestination(callback_url, event);
    return [...routes, { ...once, retries: tries - 1, retryDelay: firstDelay, growth: factor }];
  };
  /** Lists an event, then sends it to the message's callback URL and to every webhook for such events. */
  const publish = async (message: AcceptedMessage, event: ProviderEvent) => {
    lists.add(event, message.callback_url);
    if (isDropped(event.kind)) return;
    const subject = { event: event.kind, eventId: event.id };
    const answers = await Promise.all(routesOf(message, event).map((route) => delivery.send(subject, route)));
    const taken = answers.some((answer) => answer !== undefined && answer.status >= 200 && answer.status < 300);
    if (taken && confirmedByWebhook) lists.remove(event);
  };
  /**
   * Sends the reports one after the other, each after the previous one was accepted or given up. A message that did not ask
   * for reports has none, wherever they would go.
   */
  const report = async (message: AcceptedMessage) => {
    for (const event of deliveryReports(message, from)) {
      message.status = String(event.variables.status);
      if (message.delivery_report) await publish(message, event);
    }
  };
  const hear = (messageId: string, toEvent: (message: AcceptedMessage) => ProviderEvent): string => {
    const message = messages.get(messageId);
    if (!message) throw new Error(`No message ${messageId} was sent`);
    const event = toEvent(message);
    delivery.inBackground(() => publish(message, event));
    return event.id;
  };

  return {
    /** @returns the messages in their first state @throws {ApiError} 400 or 422 */
    send: (body: unknown): AcceptedMessage[] => {
      const accepted = acceptMessages(body, now(), parts.hasNewTls);
      for (const message of accepted) {
        const kept = { ...message };
        messages.set(message.message_id, kept);
        delivery.inBackground(() => report(kept));
      }
      return accepted;
    },
    /** A message as it is now. @throws {ApiError} 404 */
    get: (messageId: string): AcceptedMessage => {
      const message = messages.get(messageId);
      if (message) return message;
      throw notFound();
    },
    has: (messageId: string): boolean => messages.has(messageId),
    /** @returns the reply's id */
    reply: (messageId: string, reply: PhoneReply): string =>
      hear(messageId, (message) => replyTo(message, from, reply)),
    /** @returns the notification's id */
    optOut: (messageId: string, isSolicited = true): string =>
      hear(messageId, (message) => {
        if (isSolicited) optOuts.add(message, now());
        return optOutAfter(message, from, isSolicited);
      }),
  };
}
