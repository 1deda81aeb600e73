import type { createDelivery } from './delivery.ts';
import type { Drops } from './drops.ts';
import { createMessaging, type MessagingParts } from './messaging.ts';
import { createOptOuts, type Stops } from './opt-outs.ts';
import { createPolledLists } from './polled.ts';
import { createWebhooks } from './webhooks.ts';

/** The parts that each account or sub-account has for itself. Signature keys are not among them, see `routes.ts`. */
export type Account = ReturnType<typeof createAccount>;

/** The parts that accounts share. */
export type AccountParts = Pick<
  MessagingParts,
  'callbackBackoff' | 'confirmedByWebhook' | 'escapeValues' | 'hasNewTls' | 'now'
> & {
  drops: Drops;
  /** Messages that triggered an opt-out. */
  stops: Stops;
};

/** An account without webhooks and messages. */
export function createAccount(
  id: string,
  delivery: ReturnType<typeof createDelivery>,
  { drops, stops, ...options }: AccountParts,
) {
  const webhooks = createWebhooks();
  const lists = createPolledLists();
  const optOuts = createOptOuts(id, stops);
  const messaging = createMessaging({
    account: id,
    webhooks,
    lists,
    optOuts,
    delivery,
    isDropped: drops.take,
    ...options,
  });
  return { id, webhooks, lists, optOuts, messaging };
}
