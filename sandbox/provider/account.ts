import type { createDelivery } from './delivery.ts';
import type { Drops } from './drops.ts';
import { createMessaging, type MessagingParts } from './messaging.ts';
import { createPolledLists } from './polled.ts';
import { createWebhooks } from './webhooks.ts';

/** What an account or sub-account has to itself. Signature keys are not among it: see `routes.ts`. */
export type Account = ReturnType<typeof createAccount>;

/** What accounts share. */
export type AccountParts = Pick<MessagingParts, 'callbackBackoff' | 'confirmedByWebhook' | 'escapeValues' | 'now'> & {
  drops: Drops;
};

/** An account without webhooks and messages. */
export function createAccount(
  id: string,
  delivery: ReturnType<typeof createDelivery>,
  { drops, ...options }: AccountParts,
) {
  const webhooks = createWebhooks();
  const lists = createPolledLists();
  const messaging = createMessaging({ account: id, webhooks, lists, delivery, isDropped: drops.take, ...options });
  return { id, webhooks, lists, messaging };
}
