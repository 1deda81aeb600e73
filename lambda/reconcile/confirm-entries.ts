import type { Rest } from './list-notes.ts';
import type { PolledEntry } from './polled-event.ts';
import type { ReconciliationCounts, ReconciliationDependencies } from './reconciliation-run.ts';

/** What confirming needs. */
interface Confirming extends Pick<ReconciliationDependencies, 'remembered'> {
  list: { confirmIds: (ids: readonly string[]) => Promise<void> };
  counts: ReconciliationCounts;
}

/**
 * Confirms what is in the queue.
 *
 * @returns the entries that were confirmed
 */
export async function confirmEntries(
  entries: readonly PolledEntry[],
  run: Confirming,
  rest: Rest,
): Promise<PolledEntry[]> {
  const [some, others] = split(entries, ({ confirmId }) => confirmId !== undefined);
  rest.unconfirmable.push(...others);
  if (some.length > 0) await run.list.confirmIds(some.flatMap(({ confirmId = [] }) => confirmId));
  for (const { message } of some) run.remembered?.delete(message.deduplicationId);
  run.counts.confirmed += some.length;
  return some;
}

/**
 * MessageMedia documents only UUIDs. Where other ids fill the list, it gets them in a call of their own, once: nothing is
 * lost if it refuses them, and the list moves on if it does not.
 *
 * @returns the entries that it took
 */
export async function confirmUnusual({ list, counts }: Confirming, rest: Rest): Promise<PolledEntry[]> {
  const [unusual, others] = split(rest.unconfirmable, ({ unusualId }) => unusualId !== undefined);
  if (!counts.full || unusual.length === 0) return [];
  try {
    await list.confirmIds(unusual.flatMap(({ unusualId = [] }) => unusualId));
  } catch {
    return [];
  }
  counts.confirmed += unusual.length;
  rest.unconfirmable = others;
  return unusual;
}

/** Those for which it is true, and the others. */
export function split<Item>(items: readonly Item[], isFirst: (item: Item) => boolean): [Item[], Item[]] {
  return [items.filter(isFirst), items.filter((item) => !isFirst(item))];
}
