import { isUuid } from '../../../lambda/guards.ts';
import type { PolledItem } from '../../../lambda/messagemedia/types.ts';
import type { PolledKind } from '../../../lambda/reconcile/polled-event.ts';

export const minute = 60_000;
export const day = 24 * 60 * minute;

/** What one answer lists, and how long an item is kept. */
const most = 100;
const kept = 45 * day;

export const idField: Record<PolledKind, string> = { deliveryReport: 'delivery_report_id', reply: 'reply_id' };

/** An item on MessageMedia's side. */
export interface ModelItem {
  kind: PolledKind;
  /** Its id as it is listed; absent if it has none. */
  id: string | undefined;
  /** When MessageMedia got it, and so its place in the list. What it says of its date may be wrong. */
  at: number;
  body: PolledItem;
  /** From when on it is not listed. */
  goneAt: number;
}

/**
 * One of MessageMedia's lists as it is documented: the oldest 100 that are not confirmed, the same at every call. An id that
 * is not a UUID, or more than 100, refuse the whole confirmation.
 */
export class ModelList {
  readonly items: ModelItem[] = [];
  private readonly now: () => number;
  /** A confirmation is promised ("will be marked"): it shows after this time, in milliseconds. */
  private readonly lag: number;

  constructor(now: () => number, lag: number) {
    this.now = now;
    this.lag = lag;
  }

  add(item: Omit<ModelItem, 'goneAt'>): ModelItem {
    const added = { ...item, goneAt: item.at + kept };
    const place = this.items.findLastIndex(({ at }) => at <= item.at);
    this.items.splice(place + 1, 0, added);
    return added;
  }

  /** All that are not confirmed and not expired, the oldest first. */
  present(): ModelItem[] {
    const now = this.now();
    return this.items.filter(({ at, goneAt }) => at <= now && now < goneAt);
  }

  listed(): ModelItem[] {
    return this.present().slice(0, most);
  }

  /** @throws when MessageMedia answers 400 */
  confirm(ids: readonly string[]): ModelItem[] {
    if (ids.length > most || !ids.every(isUuid)) throw new Error('400: must hold up to 100 UUIDs');
    const lower = new Set(ids.map((id) => id.toLowerCase()));
    const some = this.items.filter(({ id }) => id !== undefined && lower.has(id.toLowerCase()));
    for (const item of some) item.goneAt = Math.min(item.goneAt, this.now() + this.lag);
    return some;
  }
}
