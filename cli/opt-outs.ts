import type { Provider } from '../lambda/messagemedia/client.ts';
import { pageSize } from '../lambda/messagemedia/opt-outs.ts';
import type { OptOutMessage } from '../lambda/messagemedia/types.ts';
import { counted } from '../terminal/text.ts';

/** A list as far as it was read. */
export interface Listing<Item> {
  items: Item[];
  /** Why it may not be whole. Absent if it was read to its end. */
  problem?: string;
}

/** A phone on the blacklist, or in the report. */
export interface OptedOutNumber {
  /** In international format, with `+`. */
  number: string;
  /** `null` if the blacklist was not read to its end. */
  blacklisted: boolean | null;
  /** The messages that triggered an opt-out, the newest first. */
  opt_outs: Omit<OptOutMessage, 'source_address'>[];
}

/** The most pages to read: a million numbers on the blacklist, and ten thousand messages in the report. */
export const mostPages = { blacklist: 10_000, report: 100 };

type Lists = Pick<Provider, 'blacklistPage' | 'optOutPage'>;

/**
 * All numbers on the account's blacklist.
 *
 * @param read is told how many there are so far
 */
export async function readBlacklist(
  api: Lists,
  read: (count: number) => void,
  most = mostPages.blacklist,
): Promise<Listing<string>> {
  const list = { name: 'blacklist', one: 'number', most, read };
  return readPages<string, string>(list, async (token) => {
    const { numbers, next } = await api.blacklistPage(token);
    const found = numbers.map((number) => [withPlus(number), withPlus(number)] as const);
    // In MessageMedia's example even the last page has a token. What it leads to is not documented.
    return { found, next, isLast: numbers.length < pageSize };
  });
}

/** All messages of a time that triggered an opt-out. */
export async function readReport(api: Lists, from: Date, to: Date): Promise<Listing<OptOutMessage>> {
  const list = { name: 'report', one: 'opt-out', most: mostPages.report, read: () => {} };
  return readPages<OptOutMessage, number>(list, async (page = 0) => {
    const { messages, hasNext } = await api.optOutPage(from, to, page);
    const found = messages.map((message) => [message.message_id ?? JSON.stringify(message), message] as const);
    return { found, next: hasNext ? page + 1 : undefined, isLast: !hasNext };
  });
}

interface Page<Item, Cursor> {
  /** Items by what tells them apart. */
  found: (readonly [string, Item])[];
  next: Cursor | undefined;
  /** Whether the page may be the last one, although it has a next one. */
  isLast: boolean;
}

/** Reads pages until there is no next one, or they repeat themselves. */
async function readPages<Item, Cursor>(
  { name, one, most, read }: { name: string; one: string; most: number; read: (count: number) => void },
  readPage: (cursor: Cursor | undefined) => Promise<Page<Item, Cursor>>,
): Promise<Listing<Item>> {
  const items = new Map<string, Item>();
  const cursors = new Set<Cursor>();
  /** Of the last page that brought something new. */
  let wasLast = true;
  let cursor: Cursor | undefined;
  for (let page = 0; page < most; page++) {
    const before = items.size;
    const { found, next, isLast } = await readPage(cursor);
    for (const [key, item] of found) items.set(key, item);
    if (items.size > before) wasLast = isLast;
    read(items.size);
    const isRepeated = next !== undefined && (cursors.has(next) || (found.length > 0 && items.size === before));
    if (next === undefined || (isRepeated && wasLast)) return { items: [...items.values()] };
    const problem = `The ${name} begins anew after ${counted(items.size, one)}`;
    if (isRepeated) return { items: [...items.values()], problem };
    cursors.add(next);
    cursor = next;
  }
  const problem = `The ${name} goes on after ${counted(items.size, one)} (${most} pages)`;
  return { items: [...items.values()], problem };
}

/** Both lists by number: those on the blacklist in its order, then those that are only in the report. */
export function byNumber(blacklist: Listing<string>, messages: readonly OptOutMessage[]): OptedOutNumber[] {
  const rows = new Map(
    blacklist.items.map((number): [string, OptedOutNumber] => [number, { number, blacklisted: true, opt_outs: [] }]),
  );
  const newestFirst = messages.toSorted((one, other) => compare(other.timestamp, one.timestamp));
  for (const { source_address, ...optOut } of newestFirst) {
    const number = withPlus(source_address);
    const elsewhere = blacklist.problem === undefined ? false : null;
    const row = rows.get(number) ?? { number, blacklisted: elsewhere, opt_outs: [] };
    row.opt_outs.push(optOut);
    rows.set(number, row);
  }
  return [...rows.values()];
}

/** MessageMedia writes some numbers without `+`. Others, such as short codes, stay as they are. */
function withPlus(number: string): string {
  return /^\d{8,15}$/.test(number) ? `+${number}` : number;
}

function compare(one = '', other = ''): number {
  return one < other ? -1 : Number(one > other);
}
