import { type Call, headerPairs } from './history.ts';

/** One thing that differs between two calls. */
export interface Difference {
  what: string;
  here: string;
  there: string;
}

/** Headers that differ in every call. */
const ofItsOwn = new Set(['date', 'x-messagemedia-signature', 'content-length', 'connection', 'host']);

/** How far around the first byte that differs is shown. */
const surroundings = 30;

/** The accepted call that is most similar to this one; of several, the newest. */
export function nearestGood(call: Call, calls: readonly Call[]): Call | undefined {
  const likeness = (other: Call) =>
    Number(other.method === call.method) +
    Number(pathOf(other) === pathOf(call)) +
    2 * Number(kindOf(other) === kindOf(call));
  return calls
    .filter(({ id, verdict }) => verdict === 'queued' && id !== call.id)
    .sort((one, other) => likeness(other) - likeness(one) || other.id - one.id)[0];
}

/** Differences between two calls, without those between any two calls. */
export function differences(call: Call, good: Call): Difference[] {
  const here = headersOf(call);
  const there = headersOf(good);
  const names = [...new Set([...here.keys(), ...there.keys()])].filter((name) => !ofItsOwn.has(name)).sort();
  return [
    { what: 'method', here: call.method, there: good.method },
    { what: 'target', here: call.target, there: good.target },
    ...names.map((name) => ({ what: name, here: here.get(name) ?? '(none)', there: there.get(name) ?? '(none)' })),
    ...bodyDifference(call.request.body, good.request.body),
  ].filter((each) => each.here !== each.there);
}

function bodyDifference(here: Buffer, there: Buffer): Difference[] {
  if (here.equals(there)) return [];
  let at = 0;
  while (at < here.length && at < there.length && here[at] === there[at]) at += 1;
  const around = (body: Buffer) => JSON.stringify(body.subarray(Math.max(0, at - 10), at + surroundings).toString());
  return [{ what: `body, from byte ${at}`, here: around(here), there: around(there) }];
}

function headersOf({ request: { rawHeaders } }: Call): Map<string, string> {
  return new Map(headerPairs(rawHeaders).map(([name, value]) => [name.toLowerCase(), value]));
}

function kindOf({ request }: Call): string | undefined {
  return /"(delivery_report_id|reply_id|notification_id)"/.exec(request.body.toString())?.[1];
}

function pathOf({ target }: Call): string {
  return target.replace(/\?.*/s, '');
}
