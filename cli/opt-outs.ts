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
  const numbers = new Set<string>();
  const tokens = new Set<string>();
  let token: string | undefined;
  // The last page that brought something new. All but the last one of the list are full.
  let lastSize = 0;
  for (let page = 0; page < most; page++) {
    const before = numbers.size;
    const { numbers: found, next } = await api.blacklistPage(token);
    for (const number of found) numbers.add(withPlus(number));
    if (numbers.size > before) lastSize = found.length;
    read(numbers.size);
    if (next === undefined) return { items: [...numbers] };
    // In MessageMedia's example even the last page has a token. What it leads to is not documented.
    if (tokens.has(next) || (found.length > 0 && numbers.size === before)) {
      if (lastSize < pageSize) return { items: [...numbers] };
      return { items: [...numbers], problem: `The blacklist begins anew after ${counted(numbers.size, 'number')}` };
    }
    tokens.add(next);
    token = next;
  }
  return {
    items: [...numbers],
    problem: `The blacklist goes on after ${counted(numbers.size, 'number')} (${most} pages)`,
  };
}

/** All messages of a time that triggered an opt-out. */
export async function readReport(
  api: Lists,
  from: Date,
  to: Date,
  most = mostPages.report,
): Promise<Listing<OptOutMessage>> {
  const found = new Map<string, OptOutMessage>();
  for (let page = 0; page < most; page++) {
    const before = found.size;
    const { messages, hasNext } = await api.optOutPage(from, to, page);
    for (const message of messages) found.set(message.message_id ?? JSON.stringify(message), message);
    if (!hasNext) return { items: [...found.values()] };
    if (found.size === before) {
      return {
        items: [...found.values()],
        problem: `The report repeats itself after ${counted(found.size, 'opt-out')}`,
      };
    }
  }
  return {
    items: [...found.values()],
    problem: `The report goes on after ${counted(found.size, 'opt-out')} (${most} pages)`,
  };
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
