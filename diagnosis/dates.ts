import { isTarget, oneDigitDate, parseHttpDate } from '../lambda/signature.ts';
import type { Candidate } from './bodies.ts';
import type { CapturedRequest, SignatureHeaders } from './captured-request.ts';
import type { Cause } from './causes.ts';

/** Largest difference between the signed Date and one that a proxy writes, in seconds. */
const nearby = 300;

/** Values of `Date` that may have been signed: the same time in the signed formats, then every second nearby. */
export function dateCandidates(arrived: string): Candidate<string>[] {
  const time = parseDate(arrived);
  if (time === undefined) return [];
  const found: Candidate<string>[] = formats(time)
    .filter((part) => part !== arrived)
    .map((part) => ({ part, cause: 'date_reformatted' }));
  for (let seconds = 1; seconds <= nearby; seconds++) {
    for (const sign of [-1, 1])
      for (const part of formats(time + sign * seconds * 1000)) found.push({ part, cause: 'date_replaced' });
  }
  return found;
}

/** Two texts on the days 1 to 9, else one. */
function formats(time: number): string[] {
  const date = new Date(time);
  return [...new Set([date.toUTCString(), oneDigitDate(date)])];
}

/** RFC 850, asctime, RFC 2822, ISO 8601, or seconds since the epoch; `undefined` for anything else. */
function parseDate(value: string): number | undefined {
  const text = value.trim();
  if (/^\d{10}$/.test(text)) return Number(text) * 1000;
  // Only asctime ends with the year. It is in GMT without saying so.
  const time = Date.parse(/ \d{4}$/.test(text) ? `${text} GMT` : text);
  return Number.isNaN(time) ? undefined : Math.floor(time / 1000) * 1000;
}

/** What no receiver accepts, although it was signed as it arrived. @param found what explains the signature already */
export function ofForm(
  { targets }: CapturedRequest,
  { date, cipher }: SignatureHeaders,
  found: readonly Cause[],
): Cause[] {
  const problems: Cause[] = [];
  if (date === undefined) problems.push('no_date');
  else if (parseHttpDate(date) === undefined && !found.some((cause) => cause.includes('date')))
    problems.push('date_format');
  if (found.length === 0 && !targets.some(isTarget)) problems.push('target_format');
  if (cipher !== undefined && cipher.toUpperCase() !== 'RSA') problems.push('cipher_header');
  return problems;
}
