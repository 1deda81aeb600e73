import type { PolledEntry } from './polled-event.ts';
import type { ReconciliationDependencies } from './reconciliation-run.ts';

/** How long MessageMedia lists an item, in milliseconds. */
const keptByProvider = 45 * 24 * 3_600_000;

/** Clocks differ by less, in milliseconds. */
const clockTolerance = 15 * 60_000;

/** When MessageMedia received an item, in milliseconds since 1970; `undefined` without a date, or with one to come. */
export function dateOf({ receivedAt }: PolledEntry, now: number): number | undefined {
  return receivedAt !== undefined && receivedAt <= now + clockTolerance ? receivedAt : undefined;
}

/** What the search needs. */
interface Search extends Pick<ReconciliationDependencies, 'seen' | 'remembered' | 'now'> {
  note: (text: string) => void;
}

/**
 * Finds out which events are in the queue, and remembers their deduplication ids. The events are of one kind. It searches the log from an hour before the oldest event,
 * because clocks differ.
 */
export async function findKnown(
  due: readonly PolledEntry[],
  { seen, remembered = new Set(), now, note }: Search,
): Promise<ReadonlySet<string>> {
  const wanted = due.filter(({ message }) => !remembered.has(message.deduplicationId));
  if (wanted.length === 0) return remembered;
  const all = 'every event is queued again, and FIFO queue and consumers drop repetitions';
  if (seen === undefined) {
    note(`It is not known which events arrived already: ${all}.`);
    return remembered;
  }
  const hour = 3_600_000;
  const longestAgo = now() - keptByProvider;
  const oldest = Math.min(...wanted.map((entry) => Math.max(dateOf(entry, now()) ?? longestAgo, longestAgo)));
  try {
    for (const [account, some] of Map.groupBy(wanted, (entry) => entry.account)) {
      const type = (some[0] as PolledEntry).message.type;
      const ids = some.map(({ traceId }) => traceId);
      const found = await seen(ids, new Date(oldest - hour), { type, account });
      for (const { traceId, message } of some) if (found.has(traceId)) remembered.add(message.deduplicationId);
    }
  } catch (error) {
    note(`The log could not be queried (${error instanceof Error ? error.message : String(error)}): ${all}.`);
  }
  return remembered;
}
