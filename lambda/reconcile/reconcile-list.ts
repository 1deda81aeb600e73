import { maxMessageBytes, type QueueMessage } from '../event/queue-message.ts';
import type { PolledItem } from '../provider/types.ts';
import { type PolledEntry, type PolledKind, toPolledEntry } from './polled-event.ts';
import type { ReconciliationCounts, ReconciliationDependencies, ReconciliationOptions } from './reconciliation-run.ts';

/** As many as MessageMedia lists at once. */
const pageSize = 100;

const defaultGrace = 15 * 60_000;

/** In a row: then it is the queue and not an event that is at fault. */
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
 * Queues what is due, page by page: what is confirmed makes room for the next; else there is one.
 *
 * @throws when list or confirmation fails, or the queue takes nothing
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
    if (now() >= stopAt) return run.note(`Time is up: there may be more ${list.name}. Run it again.`);
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
    `The list of ${list.name} is full: the oldest ${pageSize} stay on it, and hide newer ones until they are confirmed.`,
  );
}

/** @returns what the queue has */
async function reconcilePage(page: readonly PolledEntry[], run: ListRun): Promise<PolledEntry[]> {
  const { counts, since, grace = defaultGrace } = run;
  const now = run.now();
  // One that does not say when it was may be any age: it is not left behind.
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
        `${failures} events in a row could not be queued: stopped there, and the rest is still on the list.`,
      );
    }
    const isKnown = known.has(entry.traceId);
    if (isKnown || (await recover(entry, run))) {
      counts[isKnown ? 'known' : 'recovered']++;
      took.push(entry);
      failures = 0;
    } else {
      counts.failed++;
      failures++;
    }
  }
  return took;
}

/** Looked for from when the oldest of them was, by whichever clock. */
async function findKnown(
  due: readonly PolledEntry[],
  { seen, since, now, note }: ListRun,
): Promise<ReadonlySet<string>> {
  if (due.length === 0) return new Set();
  const all = 'what came already is queued once more, for FIFO queue and consumers to drop';
  if (seen === undefined) {
    note(`What came already is not known: ${all}.`);
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
    note(`The log could not be asked (${error instanceof Error ? error.message : String(error)}): ${all}.`);
    return new Set();
  }
}

async function recover(entry: PolledEntry, run: ListRun): Promise<boolean> {
  if (run.dryRun) return true;
  try {
    const message = await moveDataIfTooLarge(entry, run);
    await run.send(message);
    await run.archive?.(message);
  } catch (error) {
    run.failed(error);
    return false;
  }
  run.recovered({ id: entry.traceId, type: entry.message.type, bytes: entry.data.length });
  return true;
}

/** As the receiver does it. */
async function moveDataIfTooLarge(entry: PolledEntry, { store }: ListRun): Promise<QueueMessage> {
  const { message, data } = entry;
  const bytes = Buffer.byteLength(message.body);
  if (bytes <= maxMessageBytes) return message;
  if (store === undefined) {
    throw new Error(
      `An event has ${bytes} bytes, SQS takes ${maxMessageBytes}, and there is no bucket for it: name one.`,
    );
  }
  return entry.withDataAt(await store(data, message.dataContentType));
}

async function confirmEntries(entries: readonly PolledEntry[], { list, counts }: ListRun): Promise<void> {
  const ids = entries.map(({ confirmId }) => confirmId).filter((id) => id !== undefined);
  if (ids.length > 0) await list.confirmIds(ids);
  counts.confirmed += ids.length;
}
