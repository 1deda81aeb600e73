import { createPlacement } from '../event/message-placement.ts';
import { MessageRefusedError, refusesMessage } from '../event/queue-refusals.ts';
import type { PolledItem } from '../provider/types.ts';
import { type PolledEntry, type PolledKind, toPolledEntry } from './polled-event.ts';
import type { ReconciliationCounts, ReconciliationDependencies, ReconciliationOptions } from './reconciliation-run.ts';

/** Number of items that MessageMedia lists at once. */
const pageSize = 100;

const defaultGrace = 15 * 60_000;

/** After so many failures in a row, the queue is the problem and not an event. */
const maxFailures = 3;

/** One of MessageMedia's lists. */
export interface List {
  kind: PolledKind;
  name: string;
  read: () => Promise<PolledItem[]>;
  confirmIds: (ids: readonly string[]) => Promise<void>;
}

/** One list's part of a run. */
export interface ListRun extends ReconciliationDependencies, ReconciliationOptions {
  list: List;
  counts: ReconciliationCounts;
  note: (text: string) => void;
  failed: (error: unknown) => void;
}

/**
 * Queues missing events, page by page. Confirmed events make room for the next page; without confirmation there is one page.
 *
 * @throws when the list or the confirmation fails, or the queue takes nothing
 */
export async function reconcileList(run: ListRun): Promise<void> {
  const { list, counts, now, stopAt = Number.POSITIVE_INFINITY } = run;
  const handled = new Set<string>();
  for (;;) {
    const items = await list.read();
    const page = items.map((item) => toPolledEntry(list.kind, item, now())).filter(isNew(handled));
    counts.listed += page.length;
    const took = await reconcilePage(page, run);
    const confirms = run.confirm && !run.dryRun;
    if (confirms) await confirmEntries(took, run);
    if (items.length < pageSize) return;
    if (!confirms || page.length === 0 || took.length === 0) return noteHidden(run);
    if (now() >= stopAt) return run.note(`The time is over, and there may be more ${list.name}: run it again.`);
  }
}

function isNew(handled: Set<string>): (entry: PolledEntry) => boolean {
  return ({ traceId }) => {
    const before = handled.size;
    return handled.add(traceId).size > before;
  };
}

function noteHidden({ list, note }: ListRun): void {
  note(
    `The list of ${list.name} is full: the oldest ${pageSize} stay in it and hide newer ones until they are confirmed.`,
  );
}

/** @returns the entries that are in the queue */
async function reconcilePage(page: readonly PolledEntry[], run: ListRun): Promise<PolledEntry[]> {
  const { counts, since, grace = defaultGrace } = run;
  const now = run.now();
  // An entry without a time may have any age, so it is not skipped.
  const isOlder = ({ receivedAt = now - grace }: PolledEntry) => receivedAt < now - since;
  const isYounger = ({ receivedAt = now - grace }: PolledEntry) => receivedAt > now - grace;
  const due = page.filter((entry) => !isOlder(entry) && !isYounger(entry));
  counts.older += page.filter(isOlder).length;
  counts.younger += page.filter((entry) => !isOlder(entry) && isYounger(entry)).length;
  const known = await findKnown(due, run);
  const took: PolledEntry[] = [];
  let failures = 0;
  for (const entry of due) {
    if (failures === maxFailures) {
      throw new Error(
        `${failures} events in a row could not be queued, so the run stopped. The remaining events are still on the list.`,
      );
    }
    const isKnown = known.has(entry.traceId);
    const outcome = isKnown ? 'known' : await recover(entry, run);
    if (outcome === 'known' || outcome === 'recovered') {
      counts[outcome]++;
      took.push(entry);
      failures = 0;
    } else {
      counts.failed++;
      // What the queue does not take of one event says nothing about the others.
      if (outcome === 'failed') failures++;
    }
  }
  return took;
}

/** Searches the log from an hour before the oldest entry, because clocks differ. */
async function findKnown(
  due: readonly PolledEntry[],
  { seen, since, now, note }: ListRun,
): Promise<ReadonlySet<string>> {
  if (due.length === 0) return new Set();
  const all = 'every event is queued again, and FIFO queue and consumers drop repetitions';
  if (seen === undefined) {
    note(`It is not known which events arrived already: ${all}.`);
    return new Set();
  }
  const hour = 3_600_000;
  const oldest = Math.min(...due.map(({ receivedAt = now() - since }) => receivedAt));
  try {
    return await seen(
      due.map(({ traceId }) => traceId),
      new Date(oldest - hour),
    );
  } catch (error) {
    note(`The log could not be queried (${error instanceof Error ? error.message : String(error)}): ${all}.`);
    return new Set();
  }
}

async function recover(entry: PolledEntry, run: ListRun): Promise<'recovered' | 'refused' | 'failed'> {
  if (run.dryRun) return 'recovered';
  const { message, data } = entry;
  const event = {
    dataBytes: data.length,
    inline: () => message,
    offload: (bytes: number) => moveData(entry, bytes, run),
  };
  try {
    const sent = await createPlacement()(event, run.send);
    await run.archive?.(sent);
  } catch (error) {
    run.failed(error);
    return refusesMessage(error) ? 'refused' : 'failed';
  }
  run.recovered({ id: entry.traceId, type: message.type, bytes: data.length });
  return 'recovered';
}

/** Moves large data to the bucket, as the receiver does. */
async function moveData({ message, data, withDataAt }: PolledEntry, bytes: number, { store }: ListRun) {
  if (store === undefined) {
    throw new MessageRefusedError(
      `An event has ${bytes} bytes, which is more than the queue takes, and no bucket is given: set OVERFLOW_BUCKET.`,
    );
  }
  return withDataAt(await store(data, message.dataContentType));
}

async function confirmEntries(entries: readonly PolledEntry[], { list, counts }: ListRun): Promise<void> {
  const ids = entries.map(({ confirmId }) => confirmId).filter((id) => id !== undefined);
  if (ids.length > 0) await list.confirmIds(ids);
  counts.confirmed += ids.length;
}
