import type { QueuedEvent } from '../../lambda/contract.ts';
import { identityOf } from '../../lambda/event/deduplication.ts';

/** A `Set` of JavaScript holds at most 2^24 values. */
const mostInASet = 16_000_000;

/** A set of any number of strings. */
export function createLargeSet() {
  const sets = [new Set<string>()];
  return {
    has: (value: string) => sets.some((set) => set.has(value)),
    add: (value: string) => {
      if ((sets.at(-1)?.size ?? 0) >= mostInASet) sets.push(new Set());
      sets.at(-1)?.add(value);
    },
  };
}

/**
 * Remembers events by source, type and id, in about 80 bytes each, because Firehose, queues and senders may repeat an event.
 *
 * @returns a function that says whether an event is new
 */
export function createSeenEvents(): (event: Pick<QueuedEvent, 'source' | 'type' | 'id'>) => boolean {
  const seen = createLargeSet();
  return (event) => {
    const hash = Buffer.from(identityOf(event), 'hex').toString('base64').slice(0, 22);
    if (seen.has(hash)) return false;
    seen.add(hash);
    return true;
  };
}
