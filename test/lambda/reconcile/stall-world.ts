import type { QueueMessage } from '../../../lambda/event/queue-message.ts';
import { isUuid } from '../../../lambda/guards.ts';
import type { PolledItem } from '../../../lambda/messagemedia/types.ts';
import { type PolledEntry, type PolledKind, toPolledEntry } from '../../../lambda/reconcile/polled-event.ts';
import { reconcile } from '../../../lambda/reconcile/reconcile.ts';
import { dateOf } from '../../../lambda/reconcile/reconcile-list.ts';
import type { ReconciliationOptions, ReconciliationResult } from '../../../lambda/reconcile/reconciliation-run.ts';

export const minute = 60_000;
export const day = 24 * 60 * minute;

/** What one answer lists, and how long an item is kept. */
const most = 100;
const kept = 45 * day;

const idField: Record<PolledKind, string> = { deliveryReport: 'delivery_report_id', reply: 'reply_id' };

/** What can fail, and for how long. Times are minutes from the beginning of the month. */
export interface Fault {
  what: 'function' | 'lists' | 'confirmation' | 'queue' | 'log';
  from: number;
  minutes: number;
}

/** Items that MessageMedia gets one after the other. Times are minutes; `from` may be before the month. */
export interface Burst {
  kind: PolledKind;
  from: number;
  count: number;
  spread: number;
  id: 'uuid' | 'other' | 'none';
  date: 'right' | 'none' | 'soon' | 'in years' | 'years ago';
  /** Minutes until their webhook arrives. */
  webhookAfter: number | undefined;
  /** The queue never takes them. */
  refused: boolean;
}

/** A month: how reconciliation is set up, what happens, and how MessageMedia does what it does not document. */
export interface Month {
  everyMinutes: number;
  confirm: boolean;
  logDays: number;
  bursts: Burst[];
  faults: Fault[];
  /** Whether a webhook that was accepted takes its item off the list. */
  heardRemoves: boolean;
  /** Milliseconds after which a confirmation shows. */
  lag: number;
  /** Milliseconds that the queue takes for a message. */
  sendTime: number;
  /** Whether the function remembers from run to run. */
  warm: boolean;
}

/** An item on MessageMedia's side, and what became of it. */
export interface WorldItem {
  /** Its id as it is listed; absent if it has none. */
  id: string | undefined;
  /** When MessageMedia got it, and so its place in the list. What it says of its date may be wrong. */
  at: number;
  body: PolledItem;
  /** From when on it is not listed. */
  goneAt: number;
  traceId: string;
  /** The date that it claims, if that can be true. */
  entry: PolledEntry;
  refused: boolean;
  inQueue: boolean;
  webhookAt: number | undefined;
}

/**
 * One of MessageMedia's lists as it is documented: the oldest 100 that are not confirmed, the same at every call. An id that
 * is not a UUID, or more than 100, refuse the whole confirmation.
 */
class ModelList {
  private readonly items: WorldItem[] = [];
  private readonly now: () => number;
  /** A confirmation is promised ("will be marked"): it shows after this time, in milliseconds. */
  private readonly lag: number;

  constructor(now: () => number, lag: number) {
    this.now = now;
    this.lag = lag;
  }

  add(item: WorldItem): void {
    const place = this.items.findLastIndex(({ at }) => at <= item.at);
    this.items.splice(place + 1, 0, item);
  }

  /** All that are not confirmed and not expired, the oldest first. */
  present(): WorldItem[] {
    const now = this.now();
    return this.items.filter(({ at, goneAt }) => at <= now && now < goneAt);
  }

  listed(): WorldItem[] {
    return this.present().slice(0, most);
  }

  /** @throws when MessageMedia answers 400 */
  confirm(ids: readonly string[]): WorldItem[] {
    if (ids.length > most || !ids.every(isUuid)) throw new Error('400: must hold up to 100 UUIDs');
    const lower = new Set(ids.map((id) => id.toLowerCase()));
    const some = this.items.filter(({ id }) => id !== undefined && lower.has(id.toLowerCase()));
    for (const item of some) item.goneAt = Math.min(item.goneAt, this.now() + this.lag);
    return some;
  }
}

export const command = 'npx mmw reconcile --stack S';
const grace = 15 * minute;

/** Reconciliation as it is scheduled, against a model of MessageMedia, of the queue and of the log, on a virtual clock. */
export class StallWorld {
  readonly start = Date.UTC(2026, 9, 1);
  time = this.start;
  readonly month: Month;
  readonly lists: Record<PolledKind, ModelList>;
  readonly items: WorldItem[] = [];
  /** What must never happen, and did. */
  readonly wrong: string[] = [];
  private readonly log = new Map<string, number>();
  private readonly remembered = new Set<string>();
  private readonly logKept: number;

  /** Options with which the test is tested. */
  private readonly flaws: Partial<ReconciliationOptions>;

  constructor(month: Month, flaws: Partial<ReconciliationOptions> = {}) {
    this.month = month;
    this.flaws = flaws;
    this.logKept = month.logDays * day;
    const now = () => this.time;
    this.lists = { deliveryReport: new ModelList(now, month.lag), reply: new ModelList(now, month.lag) };
    for (const burst of month.bursts) for (let n = 0; n < burst.count; n++) this.add(burst, n);
  }

  private add(burst: Burst, n: number): void {
    const { kind, from, spread, count, webhookAfter, refused } = burst;
    const number = this.items.length;
    const at = this.start + Math.round((from + (spread * n) / count) * minute);
    const uuid = `${kind === 'reply' ? '1' : '0'}0000000-0000-4000-8000-${String(number).padStart(12, '0')}`;
    const id = { uuid, other: `id ${number}`, none: undefined }[burst.id];
    const claimed = {
      right: at,
      none: undefined,
      soon: at + day,
      'in years': at + 3000 * day,
      'years ago': at - 900 * day,
    };
    const date = claimed[burst.date];
    const body: PolledItem = {
      ...(id !== undefined && { [idField[kind]]: id }),
      message_id: `20000000-0000-4000-8000-${String(number).padStart(12, '0')}`,
      ...(date !== undefined && { date_received: new Date(date).toISOString() }),
      content: String(number),
    };
    const entry = toPolledEntry(kind, body, at);
    const webhookAt = webhookAfter === undefined ? undefined : at + webhookAfter * minute;
    const fate = { goneAt: at + kept, refused, inQueue: false, webhookAt };
    const item: WorldItem = { id, at, body, entry, traceId: entry.traceId, ...fate };
    this.lists[kind].add(item);
    this.items.push(item);
  }

  fails(what: Fault['what']): boolean {
    const minutes = (this.time - this.start) / minute;
    return this.month.faults.some((fault) => {
      return fault.what === what && fault.from <= minutes && minutes < fault.from + fault.minutes;
    });
  }

  /** Lets time pass, in which webhooks arrive. What arrived before the month was never in the log of this stack. */
  passTo(time: number): void {
    this.time = time;
    for (const item of this.items) {
      if (item.webhookAt === undefined || item.webhookAt > time) continue;
      if (item.webhookAt >= this.start) this.log.set(item.traceId, item.webhookAt);
      item.inQueue = true;
      if (this.month.heardRemoves) item.goneAt = Math.min(item.goneAt, item.webhookAt);
      item.webhookAt = undefined;
    }
  }

  private guard<Result>(what: Fault['what'], work: () => Result): Promise<Result> {
    return this.fails(what) ? Promise.reject(new Error(`${what} fails`)) : Promise.resolve().then(work);
  }

  private send({ id, body }: QueueMessage): void {
    this.time += this.month.sendTime;
    const item = this.items.find(({ entry }) => entry.message.id === id && entry.message.body.length === body.length);
    if (item === undefined) throw new Error(`${id} is no event of MessageMedia`);
    if (item.refused) throw new Error('The queue does not take it');
    if (item.inQueue) this.checkRepetition(item);
    item.inQueue = true;
  }

  /** An event is queued again only when the log cannot tell, and without end only when it is not confirmed for that. */
  private checkRepetition(item: WorldItem): void {
    const line = this.log.get(item.traceId) ?? Number.NEGATIVE_INFINITY;
    const isForgotten = this.time - line > this.logKept;
    const leaves = this.month.confirm && item.entry.confirmId !== undefined;
    const date = dateOf(item.entry, this.time);
    // Its line in the log is from before the date that it claims.
    const isEarly = this.log.has(item.traceId) && date !== undefined && line < date - 60 * minute;
    const mayRepeat = this.byHand || date === undefined || leaves || this.time - date <= this.logKept;
    if (!this.isBlind && !isEarly && !(isForgotten && mayRepeat)) this.wrong.push(`${item.traceId} was queued again`);
  }

  private byHand = false;
  /** Whether the last search of the log failed. */
  private isBlind = false;

  private async confirm(kind: PolledKind, ids: readonly string[]): Promise<void> {
    await this.guard('lists', () => {});
    await this.guard('confirmation', () => {});
    for (const { id, inQueue } of this.lists[kind].confirm(ids)) {
      if (!inQueue) this.wrong.push(`${id} was confirmed and is not in the queue`);
    }
  }

  /** A run of the function, or of the command that a note names. */
  async run(how: 'scheduled' | 'by hand' = 'scheduled'): Promise<ReconciliationResult> {
    const { confirm, warm } = this.month;
    const read = (kind: PolledKind) => this.guard('lists', () => this.lists[kind].listed().map(({ body }) => body));
    const scheduled: ReconciliationOptions = { confirm, stopAt: this.time + 4 * minute, leavesUnknown: true, command };
    this.byHand = how === 'by hand';
    const options = this.byHand ? { confirm: true, command } : { ...scheduled, ...this.flaws };
    return reconcile(
      {
        provider: {
          checkDeliveryReports: () => read('deliveryReport'),
          checkReplies: () => read('reply'),
          confirmDeliveryReports: (ids) => this.confirm('deliveryReport', ids),
          confirmReplies: (ids) => this.confirm('reply', ids),
        },
        send: (message) => this.guard('queue', () => this.send(message)),
        seen: (ids, since) => {
          this.isBlind = this.fails('log');
          return this.guard('log', () => this.search(ids, since));
        },
        ...(warm && !this.byHand && { remembered: this.remembered }),
        now: () => this.time,
        pause: async (milliseconds) => {
          this.time += milliseconds;
        },
        // The command does not write to the log.
        recovered: ({ id }) => this.byHand || this.log.set(id, this.time),
      },
      { ...options, logKept: this.logKept },
    );
  }

  private search(ids: readonly string[], since: Date): Set<string> {
    const from = Math.max(since.getTime(), this.time - this.logKept);
    return new Set(ids.filter((id) => (this.log.get(id) ?? Number.NEGATIVE_INFINITY) >= from));
  }

  /** Whether the webhook of an item can be taken for lost. What is hidden shows no date. */
  isDue({ entry, at }: WorldItem, time: number, isHidden = false): boolean {
    const date = isHidden ? at : dateOf(entry, time);
    return at <= time && (date === undefined || date <= time - grace);
  }
}
