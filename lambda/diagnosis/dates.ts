import type { Candidate } from './bodies.ts';

/** Largest difference between the signed Date and one that a proxy writes, in seconds. */
const nearby = 300;

/** Values of `Date` that may have been signed: the same time in the signed format, then every second nearby. */
export function dateCandidates(arrived: string): Candidate<string>[] {
  const time = parseDate(arrived);
  if (time === undefined) return [];
  const asIs = new Date(time).toUTCString();
  const found: Candidate<string>[] = asIs === arrived ? [] : [{ part: asIs, cause: 'date_reformatted' }];
  for (let seconds = 1; seconds <= nearby; seconds++) {
    for (const sign of [-1, 1])
      found.push({ part: new Date(time + sign * seconds * 1000).toUTCString(), cause: 'date_replaced' });
  }
  return found;
}

/** RFC 850, asctime, RFC 2822, ISO 8601, or seconds since the epoch; `undefined` for anything else. */
function parseDate(value: string): number | undefined {
  const text = value.trim();
  if (/^\d{10}$/.test(text)) return Number(text) * 1000;
  // Only asctime ends with the year. It is in GMT without saying so.
  const time = Date.parse(/ \d{4}$/.test(text) ? `${text} GMT` : text);
  return Number.isNaN(time) ? undefined : Math.floor(time / 1000) * 1000;
}
