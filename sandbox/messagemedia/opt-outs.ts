import { randomUUID } from 'node:crypto';
import type { AcceptedMessage } from '../../signing/sample-events.ts';
import { badRequest, fieldsOf } from './errors.ts';

/** The entries in a page of the blacklist, and the most in one of the report. */
const pageSize = 100;

/** The zone in an account's settings, which a report uses if it is not told another one. */
const accountZone = 'Australia/Melbourne';

/** A STOP as the report has it, and when it was received. */
interface Stop {
  at: Date;
  record: object;
}

/** The opt-outs of an account: its blacklist, and the report of the messages that triggered them. */
export type OptOuts = ReturnType<typeof createOptOuts>;

export function createOptOuts(accountId: string) {
  const blacklist = new Set<string>();
  const stops: Stop[] = [];
  return {
    /**
     * A phone answered a message with STOP. MessageMedia does not document what happens to a STOP without a message
     * before it. So there it is not called, the worse case.
     */
    add: (message: AcceptedMessage, at: Date): void => {
      blacklist.add(message.destination_number);
      stops.push({ at, record: recordOf(message, accountId) });
    },
    /** A page of 100 numbers. A token that is none leads to the first. */
    blacklistPage: (token: string | null): object => {
      const start = Number(Buffer.from(token ?? '', 'base64url')) || 0;
      const path = '/v1/number_authorisation/mt/blacklist';
      const next = Buffer.from(String(start + pageSize)).toString('base64url');
      return {
        uri: path + (token === null ? '' : `?token=${token}`),
        numbers: [...blacklist].slice(start, start + pageSize),
        ...(start + pageSize < blacklist.size && { pagination: { page: next, next_uri: `${path}?token=${next}` } }),
      };
    },
    /** A page of the detail report. The stand-in has only messages that triggered an opt-out. @throws {ApiError} 400 */
    reportPage: (body: unknown): object => reportStops(stops, body),
  };
}

/** A STOP has an id of its own, and not the id of the notification that is sent about it. */
function recordOf(message: AcceptedMessage, account_id: string): object {
  return {
    message_id: randomUUID(),
    format: 'SMS',
    direction: 'inbound',
    source_address: message.destination_number,
    ...(message.source_number !== undefined && { destination_address: message.source_number }),
    in_response_to: message.message_id,
    action: 'OPTOUT',
    content: 'STOP',
    account_id,
    units: 1,
    metadata: Object.entries(message.metadata).map(([key, value]) => ({ key, value })),
  };
}

function reportStops(stops: readonly Stop[], body: unknown): object {
  const fields = fieldsOf(body);
  const { direction = 'all', timezone = accountZone, page = 0, page_size = 20 } = fields;
  const [from, to] = [dateOf(fields, 'start_date'), dateOf(fields, 'end_date')];
  if (from >= to) throw badRequest('/end_date: must be after start_date');
  const [number, size] = [Number(page), Number(page_size)];
  const found = stops.filter(({ at }) => direction !== 'outbound' && at >= from && at < to);
  const start = number * size;
  const shown = found.slice(start, start + size);
  return {
    messages: shown.map(({ at, record }) => ({ ...record, timestamp: timeIn(String(timezone), at) })),
    pagination: { page: number, page_size: size, has_next: start + size < found.length },
  };
}

function dateOf(fields: Record<string, unknown>, name: string): Date {
  const date = new Date(String(fields[name]));
  if (Number.isNaN(date.getTime())) throw badRequest(`/${name}: is not a date of ISO 8601`);
  return date;
}

/** A time as the report writes it: in a zone, but without saying in which. */
function timeIn(timeZone: string, at: Date): string {
  const format = new Intl.DateTimeFormat('sv', { timeZone, dateStyle: 'short', timeStyle: 'medium' });
  return format.format(at).replace(' ', 'T');
}
