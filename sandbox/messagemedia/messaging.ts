import type { WebhookEvent } from '../../lambda/messagemedia/types.ts';
import {
  type AcceptedMessage,
  deliveryReports,
  optOutAfter,
  type PhoneReply,
  type ProviderEvent,
  replyTo,
} from '../../signing/sample-events.ts';
import { acceptMessages } from './accepted-messages.ts';
import type { createDelivery, Route } from './delivery.ts';
import { callbackDestination, webhookDestination } from './destinations.ts';
import type { OptOuts } from './opt-outs.ts';
import type { PolledLists } from './polled.ts';
import type { Webhooks } from './webhooks.ts';

/** How a `callback_url` is retried until a 2xx. MessageMedia documents none of these numbers. */
export interface Backoff {
  tries: number;
  /** Seconds before the second try. */
  firstDelay: number;
  /** Factor by which each later delay grows. */
  factor: number;
}

export interface MessagingParts {
  account: string;
  webhooks: Webhooks;
  lists: PolledLists;
  optOuts: OptOuts;
  delivery: ReturnType<typeof createDelivery>;
  callbackBackoff: Backoff;
  now: () => Date;
}

/** Sends messages to phones, receives answers from them, and sends webhooks about both in the background. */
export function createMessaging({ account, webhooks, lists, optOuts, delivery, callbackBackoff, now }: MessagingParts) {
  const from = { accountId: account, now };
  const { tries, firstDelay, factor } = callbackBackoff;
  const messages = new Map<string, AcceptedMessage>();
  const drops: WebhookEvent[] = [];

  const isDropped = (kind: WebhookEvent): boolean => {
    const index = drops.indexOf(kind);
    if (index >= 0) drops.splice(index, 1);
    return index >= 0;
  };
  const routesOf = ({ callback_url }: AcceptedMessage, event: ProviderEvent): Route[] => {
    const routes: Route[] = webhooks.subscribedTo(event.kind).map((webhook) => webhookDestination(webhook, event));
    if (callback_url === undefined) return routes;
    const once = callbackDestination(callback_url, event);
    return [...routes, { ...once, retries: tries - 1, retryDelay: firstDelay, growth: factor }];
  };
  /** Lists an event, then sends it to the message's callback URL and to every webhook for such events. */
  const publish = async (message: AcceptedMessage, event: ProviderEvent) => {
    lists.add(event, message.callback_url);
    if (isDropped(event.kind)) return;
    const subject = { event: event.kind, eventId: event.id };
    await Promise.all(routesOf(message, event).map((route) => delivery.send(subject, route)));
  };
  /** Sends the reports one after the other, each after the previous one was accepted or given up. */
  const report = async (message: AcceptedMessage) => {
    for (const event of deliveryReports(message, from)) await publish(message, event);
  };
  const hear = (messageId: string, toEvent: (message: AcceptedMessage) => ProviderEvent): string => {
    const message = messages.get(messageId);
    if (!message) throw new Error(`No message ${messageId} was sent`);
    const event = toEvent(message);
    delivery.inBackground(() => publish(message, event));
    return event.id;
  };

  return {
    /** @returns the messages in their first state @throws {ApiError} 400 */
    send: (body: unknown): AcceptedMessage[] => {
      const accepted = acceptMessages(body, now());
      for (const message of accepted) {
        messages.set(message.message_id, message);
        // A message that did not ask for reports has none, wherever they would go.
        if (message.delivery_report) delivery.inBackground(() => report(message));
      }
      return accepted;
    },
    /** A phone answers a message. @returns the reply's id */
    reply: (messageId: string, reply: PhoneReply): string =>
      hear(messageId, (message) => replyTo(message, from, reply)),
    /**
     * A phone writes STOP. As an answer to a message, which is the default, it puts the number on the blacklist.
     *
     * @returns the notification's id
     */
    optOut: (messageId: string, isSolicited = true): string =>
      hear(messageId, (message) => {
        if (isSolicited) optOuts.add(message, now());
        return optOutAfter(message, from, isSolicited);
      }),
    /** The next event of this kind reaches no webhook and no callback, and is only found by polling. */
    dropNext: (kind: WebhookEvent): void => void drops.push(kind),
  };
}
