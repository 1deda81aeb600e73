import { archiveTypeOf } from '../../lambda/archive-contract.ts';
import {
  defaultTimestampToleranceSeconds,
  type EventType,
  eventTypes,
  type QueuedEvent,
} from '../../lambda/contract.ts';
import { isTimestamp } from '../../lambda/guards.ts';
import { parseHttpDate } from '../../lambda/signature.ts';

/** Which events of an archive to read. Times are milliseconds since the epoch, compared with `signedAt`. */
export interface Selection {
  /** Events at this time or later. */
  from?: number;
  /** Events before this time. */
  to?: number;
  /** @default - all types */
  types?: readonly EventType[];
  subject?: string;
  id?: string;
}

/** Types of events by their names in the archive's partitions. */
export const typesByName: ReadonlyMap<string, EventType> = new Map(
  Object.values(eventTypes).map((type) => [archiveTypeOf(type), type]),
);

const hour = 3_600_000;

/**
 * How long before its `Date` an event can arrive: clocks may differ by 15 minutes (`futureToleranceSeconds`), and
 * partitions are hours.
 */
export const earlierArrival = hour;

/**
 * How long after its `Date` an event can arrive: a webhook may be a day late, and Firehose and the archive queue pass it on
 * within the hour unless AWS has an outage.
 */
export const laterArrival = defaultTimestampToleranceSeconds * 1000 + hour;

/** When an event was signed, in milliseconds since the epoch. A polled event was never signed, so its `time` counts. */
export function signedAt({ mmdate, time }: QueuedEvent): number {
  return mmdate === undefined ? Date.parse(time) : Number(parseHttpDate(mmdate));
}

export function isSelected(event: QueuedEvent, { from, to, types, subject, id }: Selection): boolean {
  if (id !== undefined && event.id !== id) return false;
  if (subject !== undefined && event.subject !== subject) return false;
  if (types !== undefined && !types.includes(event.type)) return false;
  if (from === undefined && to === undefined) return true;
  const at = signedAt(event);
  return at >= (from ?? Number.NEGATIVE_INFINITY) && at < (to ?? Number.POSITIVE_INFINITY);
}

const units: Record<string, number> = { m: 60_000, h: hour, d: 24 * hour };

/**
 * Parses a time that a person gave: RFC 3339, a day (`2026-11-25`, its start in UTC), or how long ago it was (`2h`).
 *
 * @returns milliseconds since the epoch
 * @throws {Error} when it is none of these
 */
export function parseTime(text: string, now: number): number {
  const [, amount, unit = ''] = /^(\d{1,6})([mhd])$/.exec(text) ?? [];
  if (amount !== undefined) return now - Number(amount) * (units[unit] ?? 0);
  const timestamp = /^\d{4}-\d\d-\d\d$/.test(text) ? `${text}T00:00:00Z` : text;
  if (isTimestamp(timestamp)) return Date.parse(timestamp);
  throw new Error(
    `${text} is not a time: give one such as 2026-11-25T10:00:00Z, a day such as 2026-11-25, or 2h for two hours ago.`,
  );
}

/** A selection as given in a terminal. */
export interface SelectionOptions {
  from?: string;
  to?: string;
  type?: readonly string[];
  subject?: string;
  id?: string;
}

/** @throws {Error} when a time or a type is invalid, or `from` is not before `to` */
export function readSelection({ from, to, type, subject, id }: SelectionOptions, now: number): Selection {
  const selection: Selection = {
    ...(from !== undefined && { from: parseTime(from, now) }),
    ...(to !== undefined && { to: parseTime(to, now) }),
    ...(type !== undefined && { types: type.map(parseType) }),
    ...(subject !== undefined && { subject }),
    ...(id !== undefined && { id }),
  };
  if (selection.from !== undefined && selection.to !== undefined && selection.from >= selection.to) {
    throw new Error(`No event lies between --from ${from} and --to ${to}: --from must be the earlier time.`);
  }
  return selection;
}

function parseType(name: string): EventType {
  const type = typesByName.get(name);
  if (type) return type;
  throw new Error(`${name} is not a type of event: give ${[...typesByName.keys()].join(', ')}.`);
}
