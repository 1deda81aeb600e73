import type { WebhookEvent } from '../../lambda/provider/types.ts';

/** Events that nobody will be told of, as if every try at it had been lost. */
export type Drops = ReturnType<typeof createDrops>;

/** No event is dropped. */
export function createDrops() {
  const waiting: WebhookEvent[] = [];
  return {
    /** Keeps the next event of this kind from webhooks and callbacks; several take their turns. */
    dropNext: (kind: WebhookEvent): void => {
      waiting.push(kind);
    },
    /** Whether this event is dropped, which uses that up. */
    take: (kind: WebhookEvent): boolean => {
      const index = waiting.indexOf(kind);
      if (index >= 0) waiting.splice(index, 1);
      return index >= 0;
    },
  };
}
