import { createHash } from 'node:crypto';

/** A `Set` of JavaScript holds at most 2^24 values. */
const mostInASet = 16_000_000;

/**
 * Remembers ids, in about 80 bytes each, because Firehose, queues and senders may repeat an event.
 *
 * @returns a function that says whether an id is new
 */
export function createSeenIds(): (id: string) => boolean {
  const sets = [new Set<string>()];
  return (id) => {
    const hash = createHash('sha256').update(id).digest('base64').slice(0, 22);
    if (sets.some((set) => set.has(hash))) return false;
    if ((sets.at(-1)?.size ?? 0) >= mostInASet) sets.push(new Set());
    sets.at(-1)?.add(hash);
    return true;
  };
}
