import { createHash } from 'node:crypto';

/** Most that a `Set` of JavaScript holds is 2^24. */
const mostInASet = 16_000_000;

/**
 * Remembers ids, about 80 bytes each: Firehose, queues and senders may bring an event into the archive twice.
 *
 * @returns whether an id was not there before
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
