import type { QueuedEvent } from '../../lambda/contract.ts';
import { identityOf } from '../../lambda/event/deduplication.ts';
import type { Archive } from './archive-bucket.ts';
import type { StoredObject } from './event-objects.ts';
import { type ArchivedEvent, readObjects } from './read-archive.ts';
import type { Selection } from './selection.ts';

/**
 * Tells of an event that was polled whether it also came signed, later: then the signed one counts. The objects are read for
 * it once, when the first such event is met.
 *
 * @param isSigned whether a line counts as signed
 */
export function createSignedCopies(
  archive: Archive,
  objects: readonly StoredObject[],
  selection: Selection,
  isSigned: (found: ArchivedEvent) => Promise<boolean>,
): (event: QueuedEvent) => Promise<boolean> {
  const find = async () => {
    const polled = new Set<string>();
    const signed = new Set<string>();
    for await (const found of readObjects(archive, objects, selection, { broken: () => {} })) {
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
