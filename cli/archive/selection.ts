import { archiveTypeOf } from '../../lambda/archive-contract.ts';
import { type EventType, eventTypes, type QueuedEvent } from '../../lambda/contract.ts';
import { isTimestamp } from '../../lambda/guards.ts';
import { parseDuration } from '../options.ts';

/** Which events of an archive to read. Times are milliseconds since the epoch. */
export interface Selection {
  /** Events that arrived in the hour of this time, or later. */
  from?: number;
  /** Events that arrived in hours that begin before this time. */
  to?: number;
  types?: readonly EventType[];
  subject?: string;
  id?: string;
}

/** Types of events by their names in the archive's partitions. */
export const typesByName: ReadonlyMap<string, EventType> = new Map(
  Object.values(eventTypes).map((type) => [archiveTypeOf(type), type]),
);

export function isSelected(event: QueuedEvent, { subject, id }: Selection): boolean {
  return (id === undefined || event.id === id) && (subject === undefined || event.subject === subject);
}

/**
 * Parses a time that a person gave: RFC 3339, a day (`2026-11-25`, its start in UTC), or how long ago it was (`2h`).
 *
 * @returns milliseconds since the epoch
 * @throws {Error} when it is none of these
 */
function parseTime(text: string, now: number): number {
  const ago = parseDuration(text);
  if (ago !== undefined) return now - ago;
  const timestamp = /^\d{4}-\d\d-\d\d$/.test(text) ? `${text}T00:00:00Z` : text;
  if (isTimestamp(timestamp)) return Date.parse(timestamp);
  throw new Error(
    `${text} is not a time: give one such as 2026-11-25T10:00:00Z, a day such as 2026-11-25, or 2h for two hours ago.`,
  );
}

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
