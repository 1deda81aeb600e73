import { type Fields, isText, list, object, optional } from './answers.ts';
import { type Caller, ShapeError } from './http.ts';
import type { BlacklistPage, OptOutMessage, OptOutPage } from './types.ts';

const blacklistPath = '/v1/number_authorisation/mt/blacklist';
const reportPath = '/v2-preview/reporting/messages/detail';

/** Entries in a full page: as many as the blacklist always has, and the report can have. */
export const pageSize = 100;

/** See `Provider`. The token may hold a phone number. */
export function blacklistPage(call: Caller, token: string | undefined): Promise<BlacklistPage> {
  const hiddenQuery = token === undefined ? '' : `?${new URLSearchParams({ token })}`;
  return call({ method: 'GET', path: blacklistPath, hiddenQuery }, readBlacklistPage);
}

/** See `Provider`. Without a zone the report takes that of the account's settings, and does not say which. */
export function optOutPage(call: Caller, from: Date, to: Date, page: number): Promise<OptOutPage> {
  const window = { start_date: from.toISOString(), end_date: to.toISOString(), timezone: 'Etc/UTC' };
  const body = { ...window, direction: 'inbound', opt_out: true, page, page_size: pageSize };
  return call({ method: 'POST', path: reportPath, body, repeatable: true }, readOptOutPage);
}

/** @throws {ShapeError} also when the list goes on in a way that is not documented, because it must not look complete */
export function readBlacklistPage(answer: unknown): BlacklistPage {
  const { numbers, pagination } = object(answer, 'the page of the blacklist');
  const found = list(numbers, 'numbers');
  if (!found.every(isPrintable)) throw new ShapeError('an entry of numbers is not a phone number');
  const next = nextToken(object(pagination ?? {}, 'pagination'));
  return { numbers: found, ...(next !== undefined && { next }) };
}

/** The token of the next page, which is in two places. The description requires neither. */
function nextToken({ page, next_uri, ...others }: Fields): string | undefined {
  if (isText(page) && page !== '') return page;
  const token = isText(next_uri) ? URL.parse(next_uri, 'http://localhost')?.searchParams.get('token') : undefined;
  if (token) return token;
  const more = Object.entries({ page, next_uri, ...others }).filter(([name]) => /^page$|next/i.test(name));
  if (more.some(([, value]) => value)) throw new ShapeError('pagination has no token of the next page');
  return undefined;
}

/** @throws {ShapeError} also for a message that no phone sent */
export function readOptOutPage(answer: unknown): OptOutPage {
  const { messages, pagination } = object(answer, 'the report');
  const { has_next } = object(pagination ?? {}, 'pagination');
  const found = list(messages, 'messages').map(readOptOut);
  return { messages: found, hasNext: typeof has_next === 'boolean' ? has_next : found.length >= pageSize };
}

const optOutTexts = [
  'message_id',
  'timestamp',
  'in_response_to',
  'destination_address',
  'content',
  'action',
  'account_id',
] as const;

function readOptOut(message: unknown): OptOutMessage {
  const fields = object(message, 'a message');
  const { source_address, direction, metadata } = fields;
  if (!isPrintable(source_address)) throw new ShapeError('source_address is not a phone number');
  // The description has `inbound`, customers have seen `MO`. In any other message the source is the customer's own number.
  if (direction && !/^(?:inbound|mo)$/i.test(String(direction))) throw new ShapeError('direction is not inbound');
  const pairs = list(metadata ?? [], 'metadata').map((pair) => object(pair, 'an entry of metadata'));
  if (!pairs.every(({ key, value }) => isText(key) && isText(value))) {
    throw new ShapeError('an entry of metadata has no key and value');
  }
  return {
    source_address,
    ...optional(fields, optOutTexts, isText, 'text'),
    ...(pairs.length > 0 && { metadata: Object.fromEntries(pairs.map(({ key, value }) => [key, value])) }),
  };
}

function isPrintable(value: unknown): value is string {
  return isText(value) && /^[\x21-\x7e]{1,50}$/.test(value);
}
