import type { createDelivery } from './delivery.ts';
import { callbackDestination, webhookDestination } from './destinations.ts';
import { deliveryReports, optOutAfter, type PhoneReply, type ProviderEvent, replyTo } from './events.ts';
import { type AcceptedMessage, acceptMessages } from './messages.ts';
import type { Webhooks } from './webhooks.ts';

/** Sends messages to phones that are always reached, hears from them, and tells webhooks of it in the background. */
export function createMessaging(account: string, webhooks: Webhooks, delivery: ReturnType<typeof createDelivery>) {
  const messages = new Map<string, AcceptedMessage>();

  /** Tells a message's callback URL and every webhook that asked for such events. */
  const publish = async ({ callback_url }: AcceptedMessage, event: ProviderEvent) => {
    const destinations = webhooks.subscribedTo(event.kind).map((webhook) => webhookDestination(webhook, event));
    if (callback_url !== undefined) destinations.push(callbackDestination(callback_url, event));
    const subject = { event: event.kind, eventId: event.id };
    await Promise.all(destinations.map((destination) => delivery.send(subject, destination)));
  };
  /** One after the other: a report is not told before the one before it was taken or given up. */
  const report = async (message: AcceptedMessage) => {
    for (const event of deliveryReports(message, account)) await publish(message, event);
  };
  const hear = (messageId: string, toEvent: (message: AcceptedMessage) => ProviderEvent): string => {
    const message = messages.get(messageId);
    if (!message) throw new Error(`No message ${messageId} was sent`);
    const event = toEvent(message);
    delivery.inBackground(() => publish(message, event));
    return event.id;
  };

  return {
    /** @throws {ApiError} 400 */
    send: (body: unknown): AcceptedMessage[] => {
      const accepted = acceptMessages(body);
      for (const message of accepted) {
        messages.set(message.message_id, message);
        if (message.delivery_report) delivery.inBackground(() => report(message));
      }
      return accepted;
    },
    /** @returns the reply's id */
    reply: (messageId: string, reply: PhoneReply): string =>
      hear(messageId, (message) => replyTo(message, account, reply)),
    /** @returns the notification's id */
    optOut: (messageId: string): string => hear(messageId, (message) => optOutAfter(message, account)),
  };
}
