import type { WebhookEventName } from '../../lambda/messagemedia/types.ts';
import {
  type AcceptedMessage,
  deliveryReports,
  optOutAfter,
  type PhoneReply,
  type ProviderEvent,
  replyTo,
} from '../../signing/sample-events.ts';
import { acceptMessages } from './accepted-messages.ts';
import type { createDelivery } from './delivery.ts';
import { callbackDestination, type Destination, webhookDestination } from './destinations.ts';
import type { OptOuts } from './opt-outs.ts';
import type { PolledLists } from './polled.ts';
import type { Webhooks } from './webhooks.ts';

export interface MessagingParts {
  account: string;
  webhooks: Webhooks;
  lists: PolledLists;
  optOuts: OptOuts;
  delivery: ReturnType<typeof createDelivery>;
  /** Seconds before each retry of a `callback_url`. MessageMedia documents none of them. */
  callbackDelays: readonly number[];
  now: () => Date;
}

/** Sends messages to phones, receives answers from them, and sends webhooks about both in the background. */
export function createMessaging({ account, webhooks, lists, optOuts, delivery, callbackDelays, now }: MessagingParts) {
  const from = { accountId: account, now };
  const messages = new Map<string, AcceptedMessage>();
  const drops: WebhookEventName[] = [];

  const isDropped = (kind: WebhookEventName): boolean => {
    const index = drops.indexOf(kind);
    if (index >= 0) drops.splice(index, 1);
    return index >= 0;
  };
  const routesOf = ({ callback_url }: AcceptedMessage, event: ProviderEvent): Destination[] => {
    const routes = webhooks.subscribedTo(event.kind).map((webhook) => webhookDestination(webhook, event));
    return callback_url === undefined ? routes : [...routes, callbackDestination(callback_url, event, callbackDelays)];
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
    dropNext: (kind: WebhookEventName): void => void drops.push(kind),
  };
}
