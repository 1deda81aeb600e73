import { parseHttpDate } from '../signature.ts';
import type { Candidate } from './bodies.ts';

/** Largest difference between the signed Date and one that a proxy writes, in seconds. */
const nearby = 300;

/** Values of `Date` that may have been signed: the same time in the signed format, then every second nearby. */
export function dateCandidates(arrived: string): Candidate<string>[] {
  const time = parseHttpDate(arrived) ?? parseAnyDate(arrived);
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
function parseAnyDate(value: string): number | undefined {
  const text = value.trim();
  if (/^\d{10}$/.test(text)) return Number(text) * 1000;
  const rfc850 = /^\w+, (\d\d)-(\w{3})-(\d\d) ([\d:]{8}) GMT$/.exec(text);
  const asctime = /^\w{3} (\w{3}) +(\d{1,2}) ([\d:]{8}) (\d{4})$/.exec(text);
  const readable = rfc850
    ? `${rfc850[1]} ${rfc850[2]} 20${rfc850[3]} ${rfc850[4]} GMT`
    : asctime
      ? `${asctime[2]} ${asctime[1]} ${asctime[4]} ${asctime[3]} GMT`
      : text;
  const time = Date.parse(readable);
  return Number.isNaN(time) ? undefined : Math.floor(time / 1000) * 1000;
}
