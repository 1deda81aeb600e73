import type { WebhookEvent } from '../../lambda/messagemedia/types.ts';

/** Events that are not delivered, as if every try had been lost. */
export type Drops = ReturnType<typeof createDrops>;

/** No event is dropped. */
export function createDrops() {
  const waiting: WebhookEvent[] = [];
  return {
    /** Drops the next event of this kind for webhooks and callbacks. Each call drops one event. */
    dropNext: (kind: WebhookEvent): void => {
      waiting.push(kind);
    },
    /** Whether this event is dropped. A drop is used only once. */
    take: (kind: WebhookEvent): boolean => {
      const index = waiting.indexOf(kind);
      if (index >= 0) waiting.splice(index, 1);
      return index >= 0;
    },
  };
}
