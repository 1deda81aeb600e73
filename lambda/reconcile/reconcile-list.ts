import { createPlacement } from '../event/message-placement.ts';
import { MessageRefusedError } from '../event/queue-refusals.ts';
import type { PolledItem } from '../messagemedia/types.ts';
import { notesOn, type Rest } from './list-notes.ts';
import { type PolledEntry, type PolledKind, toPolledEntry } from './polled-event.ts';
import type { ReconciliationCounts, ReconciliationDependencies, ReconciliationOptions } from './reconciliation-run.ts';

/** Number of items that MessageMedia lists at once. */
const pageSize = 100;

const defaultGrace = 15 * 60_000;

/** How long MessageMedia lists an item, in milliseconds. */
const keptByProvider = 45 * 24 * 3_600_000;

/** Clocks differ by less, in milliseconds. */
const clockTolerance = 15 * 60_000;

/** How often a list is read again that still has what was just confirmed, and the pause before, in milliseconds. */
const maxRereads = 5;
const rereadPause = 2_000;

export interface List {
  kind: PolledKind;
  name: string;
  read: () => Promise<PolledItem[]>;
  confirmIds: (ids: readonly string[]) => Promise<void>;
}

export interface ListRun extends ReconciliationDependencies, ReconciliationOptions {
  list: List;
  counts: ReconciliationCounts;
  note: (text: string) => void;
  failed: (error: unknown) => void;
}

/**
 * Queues missing events, page by page. Confirmed events make room for the next page; without confirmation there is one page.
 *
 * @throws when the list or the confirmation fails
 */
export async function reconcileList(run: ListRun): Promise<void> {
  const rest: Rest = { left: [], unconfirmable: [], lagging: 0, timeOver: false };
  try {
    await readPages(run, rest);
  } finally {
    for (const text of notesOn(run, rest)) run.note(text);
  }
}

type Place = ReturnType<typeof createPlacement>;

async function readPages(run: ListRun, rest: Rest): Promise<void> {
  const { list, counts, now, pause } = run;
  const handled = new Set<string>();
  const confirmed = new Set<string>();
  const place = createPlacement();
  for (let rereads = 0; ; ) {
    const items = await list.read();
    const entries = items.map((item) => toPolledEntry(list.kind, item, now(), run.owner));
    const isFull = items.length >= pageSize;
    // Items are listed in their order, so what follows a young one is younger, and its turn comes later.
    const last = entries.findLast((entry) => dateOf(entry, now()) !== undefined);
    counts.full = isFull && !(last && isYoung(last, run));
    const page = entries.filter(isNew(handled));
    counts.listed += page.length;
    const { took, stopped } = await reconcilePage(page, run, rest, place);
    const confirms = run.confirm && !run.dryRun;
    rest.timeOver = timeIsOver(run) && (stopped || (confirms === true && isFull));
    const some = confirms ? await confirmEntries(took, run, rest) : [];
    if (!confirms || !isFull || stopped || rest.timeOver) return;
    for (const { traceId } of some) confirmed.add(traceId);
    rest.lagging = entries.filter(({ traceId }) => confirmed.has(traceId)).length;
    if (some.length > 0) rereads = 0;
    else if (rest.lagging > 0) {
      if (rereads++ === maxRereads) return;
      await pause(rereadPause);
    } else {
      const unusual = await confirmUnusual(run, rest);
      if (unusual.length === 0) return;
      for (const { traceId } of unusual) confirmed.add(traceId);
    }
  }
}

function isNew(handled: Set<string>): (entry: PolledEntry) => boolean {
  return ({ traceId }) => {
    const before = handled.size;
    return handled.add(traceId).size > before;
  };
}

/** When MessageMedia received an item, in milliseconds since 1970; `undefined` without a date, or with one to come. */
export function dateOf({ receivedAt }: PolledEntry, now: number): number | undefined {
  return receivedAt !== undefined && receivedAt <= now + clockTolerance ? receivedAt : undefined;
}

/** Whether its webhook may still come. Nobody can say that of an entry without a date, so it is never young. */
function isYoung(entry: PolledEntry, { now, grace = defaultGrace }: ListRun): boolean {
  const date = dateOf(entry, now());
  return date !== undefined && date > now() - grace;
}

function timeIsOver({ now, stopAt = Number.POSITIVE_INFINITY }: ListRun): boolean {
  return now() >= stopAt;
}

/** @returns the entries that are in the queue, and whether the time was over before the last */
async function reconcilePage(
  page: readonly PolledEntry[],
  run: ListRun,
  rest: Rest,
  place: Place,
): Promise<{ took: PolledEntry[]; stopped: boolean }> {
  const { counts, now, since = Number.POSITIVE_INFINITY, logKept = Number.POSITIVE_INFINITY } = run;
  const ageOf = (entry: PolledEntry) => now() - (dateOf(entry, now()) ?? now());
  const [old, fit] = split(page, (entry) => ageOf(entry) > since);
  const [young, due] = split(fit, (entry) => isYoung(entry, run));
  counts.older += old.length;
  counts.younger += young.length;
  const known = await findKnown(due, run);
  const took: PolledEntry[] = [];
  for (const entry of due) {
    if (timeIsOver(run)) return { took, stopped: true };
    const isUnlogged = ageOf(entry) > logKept;
    if (known.has(entry.message.deduplicationId)) {
      counts.known++;
      took.push(entry);
    } else if (isUnlogged && run.leavesUnknown && !(run.confirm && entry.confirmId)) {
      counts.left++;
      rest.left.push(entry);
    } else if (await recover(entry, run, place)) {
      counts.recovered++;
      if (isUnlogged) counts.unlogged++;
      took.push(entry);
      // Whatever the queue does not take, it may take the next: an event that fails always must not stop the others.
    } else counts.failed++;
  }
  return { took, stopped: false };
}

/** @returns whether it is in the queue now; an error names the event */
async function recover(entry: PolledEntry, run: ListRun, place: Place): Promise<boolean> {
  if (run.dryRun) return true;
  const { message, data, traceId, account } = entry;
  const event = {
    dataBytes: data.length,
    inline: () => message,
    offload: (bytes: number) => offload(entry, bytes, run),
  };
  try {
    const sent = await place(event, run.send);
    await run.archive?.(sent);
  } catch (cause) {
    run.failed(new Error(`Event ${traceId} of the ${run.list.name} was not queued`, { cause }));
    return false;
  }
  run.remembered?.add(message.deduplicationId);
  run.recovered({ id: traceId, type: message.type, account, bytes: data.length });
  return true;
}

/** Moves large data to the bucket, as the receiver does. */
async function offload({ message, data, withDataAt }: PolledEntry, bytes: number, { store }: ListRun) {
  if (store === undefined) {
    throw new MessageRefusedError(
      `An event has ${bytes} bytes, which is more than the queue takes, and no bucket is given: set OVERFLOW_BUCKET.`,
    );
  }
  return withDataAt(await store(data, message.dataContentType));
}

/**
 * Finds out which events are in the queue, and remembers their deduplication ids. It searches the log from an hour before
 * the oldest event, because clocks differ.
 */
async function findKnown(
  due: readonly PolledEntry[],
  { seen, remembered = new Set(), now, note }: ListRun,
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

/**
 * Confirms what is in the queue.
 *
 * @returns the entries that were confirmed
 */
async function confirmEntries(entries: readonly PolledEntry[], run: ListRun, rest: Rest): Promise<PolledEntry[]> {
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
async function confirmUnusual({ list, counts }: ListRun, rest: Rest): Promise<PolledEntry[]> {
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
function split<Item>(items: readonly Item[], isFirst: (item: Item) => boolean): [Item[], Item[]] {
  return [items.filter(isFirst), items.filter((item) => !isFirst(item))];
}
