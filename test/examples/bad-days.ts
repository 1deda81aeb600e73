/** What goes wrong. */
export interface BadDay {
  fault: string;
  /** It goes wrong for one event as long as it exists, or for all events in the first invocations. */
  of: 'one of ten' | 'all';
  /** How many invocations it lasts, with `all`. */
  lasts?: number;
  /** How many hours it lasts. */
  hours?: number;
  /** What `onEvent` does. */
  behaviour?: string;
  /** The time that the function has, in milliseconds; in a fault that it is too short, only while that lasts. */
  milliseconds?: number;
  /** How many events there are. @default 10 */
  count?: number;
  /** The events have their data in S3. */
  isLarge?: boolean;
  /** How the events end that it goes wrong for. All others have their effect once, and are deleted. */
  end: 'dead letter' | 'handled';
}

const patient = { milliseconds: 6_000 };

/** Every fault, and how it ends, the same in both languages: for one event of ten, and for all if that is another path. */
export const badDays: readonly BadDay[] = [
  { fault: 'hangs', of: 'one of ten', behaviour: 'hangs', milliseconds: 1_500, end: 'dead letter' },
  { fault: 'hangs', of: 'all', behaviour: 'hangs', milliseconds: 1_500, lasts: 3, end: 'handled' },
  { fault: 'throws', of: 'one of ten', behaviour: 'throws', end: 'dead letter' },
  { fault: 'throws', of: 'all', behaviour: 'throws', lasts: 3, end: 'handled' },
  { fault: 'exits', of: 'one of ten', behaviour: 'exits', end: 'dead letter' },
  { fault: 'dies', of: 'one of ten', behaviour: 'dies', end: 'dead letter' },
  { fault: 'dies', of: 'all', behaviour: 'dies', lasts: 3, end: 'handled' },
  { fault: 'is slow', of: 'one of ten', behaviour: 'slow 2100', ...patient, end: 'handled' },
  { fault: 'is slow', of: 'all', behaviour: 'slow 2100', ...patient, end: 'handled' },
  { fault: 'S3 hangs', of: 'one of ten', ...patient, isLarge: true, end: 'dead letter' },
  { fault: 'S3 hangs', of: 'all', ...patient, isLarge: true, lasts: 2, end: 'handled' },
  { fault: 'S3 denies', of: 'one of ten', isLarge: true, end: 'dead letter' },
  { fault: 'table hangs', of: 'one of ten', ...patient, end: 'dead letter' },
  { fault: 'table hangs', of: 'all', ...patient, lasts: 2, end: 'handled' },
  { fault: 'table refuses', of: 'one of ten', end: 'dead letter' },
  { fault: 'table refuses', of: 'all', lasts: 3, end: 'handled' },
  { fault: 'table throttles', of: 'all', lasts: 2, end: 'handled' },
  // One event needs a key that is not in hand. The others need only keys in hand.
  { fault: 'secrets are down', of: 'one of ten', end: 'dead letter' },
  { fault: 'secrets are down', of: 'all', lasts: 3, end: 'handled' },
  { fault: 'keyring is broken', of: 'one of ten', end: 'dead letter' },
  // The first invocation, or the first three, have next to no time.
  { fault: 'time is short', of: 'one of ten', milliseconds: 450, lasts: 1, end: 'handled' },
  { fault: 'time is short', of: 'all', milliseconds: 450, lasts: 3, end: 'handled' },
];

const always = Number.POSITIVE_INFINITY;
const long = { of: 'all', count: 2 } as const;
const outage = { ...long, hours: 6, end: 'handled', least: 6, most: 6.5 } as const;

/** How long events wait: those of an outage for little longer than it lasts, and those that never can be handled for less than a day. */
export const longDays: readonly (BadDay & { least: number; most: number })[] = [
  { fault: 'throws', behaviour: 'throws', ...outage },
  { fault: 'time is short', milliseconds: 450, ...outage },
  { fault: 'throws', behaviour: 'throws', ...long, hours: always, end: 'dead letter', least: 10, most: 24 },
];
