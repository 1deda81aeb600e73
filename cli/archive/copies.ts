import type { QueuedEvent } from '../../lambda/contract.ts';
import { identityOf } from '../../lambda/event/deduplication.ts';
import { type ArchivedEvent, type Range, readRange } from './read-archive.ts';

/** A `Set` of JavaScript holds at most 2^24 values. */
const mostInASet = 16_000_000;

/** A set of any number of strings. `add` says whether it is new. */
export function createLargeSet() {
  const sets = [new Set<string>()];
  const has = (value: string) => sets.some((set) => set.has(value));
  const add = (value: string): boolean => {
    if (has(value)) return false;
    if ((sets.at(-1)?.size ?? 0) >= mostInASet) sets.push(new Set());
    sets.at(-1)?.add(value);
    return true;
  };
  return { has, add };
}

/**
 * Tells of an event that was polled whether it also came signed, later: then the signed one counts. The range is read for it
 * once, when the first such event is met.
 *
 * @param isSigned whether a line counts as signed
 */
export function createSignedCopies(
  { archive, selection, objects }: Range,
  isSigned: (found: ArchivedEvent) => Promise<boolean>,
): (event: QueuedEvent) => Promise<boolean> {
  const find = async () => {
    const polled = new Set<string>();
    const signed = new Set<string>();
    for await (const found of readRange({ archive, selection, objects })) {
      if ('reason' in found) continue;
      const identity = identityOf(found.event);
      if (found.event.mmorigin !== undefined) polled.add(identity);
      else if (polled.has(identity) && !signed.has(identity) && (await isSigned(found))) signed.add(identity);
    }
    return signed;
  };
  let found: Promise<Set<string>> | undefined;
  return async (event) => {
    if (event.mmorigin === undefined) return false;
    found ??= find();
    return (await found).has(identityOf(event));
  };
}
