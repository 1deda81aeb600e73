import type { PolledEntry } from './polled-event.ts';
import type { ReconciliationCounts, ReconciliationOptions } from './reconciliation-run.ts';

/** What a run could not do with a list. */
export interface Rest {
  /** Older than the log, and left. */
  left: PolledEntry[];
  /** In the queue, but MessageMedia does not confirm their ids. */
  unconfirmable: PolledEntry[];
  /** Number that MessageMedia still lists although it confirmed them. */
  lagging: number;
  /** Whether there was more to do than time. */
  timeOver: boolean;
}

interface Noted extends ReconciliationOptions {
  list: { name: string };
  counts: ReconciliationCounts;
}

/** Sentences about what a run could not do, each with what a person can do. */
export function* notesOn(run: Noted, rest: Rest): Generator<string> {
  const { list, counts, command } = run;
  const take = `"${command} --confirm"`;
  if (rest.timeOver) {
    yield `The time is over, and there may be more ${list.name}: the next run goes on, and ${take} takes them all at once.`;
  }
  if (counts.full && !(rest.timeOver && run.confirm)) yield fullNote(run, rest, take);
  if (rest.left.length > 0) {
    const ids = rest.left.map(({ traceId }) => traceId).join(', ');
    yield `${rest.left.length} ${list.name} are older than the log, so it is not known whether they arrived, and they are left. ${take} queues them and takes them off the list: ${ids}`;
  }
  if (counts.unlogged > 0) {
    yield `${counts.unlogged} ${list.name} are older than the log. They are queued, though they may have arrived before: consumers drop repetitions.`;
  }
}

function fullNote({ list, counts, confirm, dryRun }: Noted, rest: Rest, take: string): string {
  const full = `The list of ${list.name} is full: the oldest 100 stay in it and hide newer ones`;
  if (!confirm || dryRun) {
    return `${full} until they are confirmed. ${take} does that once, and the setting reconcileConfirm at every run. Other systems that poll this account do not get what is confirmed.`;
  }
  const reasons = [
    [counts.failed, 'could not be queued, see the errors'],
    [counts.older, 'are older than --since'],
    [counts.left, 'are older than the log, see below'],
    [rest.lagging, 'are listed although they were confirmed: wait for the next run'],
    [
      rest.unconfirmable.length,
      'have no id that MessageMedia confirms, which is a UUID: they leave the list after 45 days, or ask its support to remove them',
    ],
  ] as const;
  const some = reasons.flatMap(([count, reason]) => (count > 0 ? [` ${count} ${reason}.`] : []));
  return `${full}.${some.join('')} ${take} tries again, with items of any age.`;
}
