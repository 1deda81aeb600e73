import { type EventType, eventTypes } from './contract.ts';
import { isObject } from './guards.ts';

/** What a sender filled in, by name. */
export type Fields = Record<string, unknown>;

/** What an event says of itself. */
export interface Identity {
  type: EventType;
  id?: string;
  subject?: string | undefined;
  account?: string | undefined;
  receivedAt?: string | undefined;
}

const kinds: Record<string, EventType> = {
  delivery_report_id: eventTypes.deliveryReport,
  reply_id: eventTypes.reply,
  notification_id: eventTypes.optOut,
};

/**
 * Recognises an event by its fields. The first id in the body decides: what comes later may be text that somebody typed into a
 * phone.
 */
export function identify(fields: Fields): Identity {
  const vendorAccount = isObject(fields.vendor_account_id) ? fields.vendor_account_id.account_id : undefined;
  const common = {
    subject: identifier(fields.message_id),
    account: identifier(vendorAccount) ?? identifier(fields.account_id),
    receivedAt: rfc3339(fields.date_received),
  };
  for (const [name, value] of Object.entries(fields)) {
    const type = Object.hasOwn(kinds, name) ? kinds[name] : undefined;
    const id = identifier(value);
    if (type !== undefined && id !== undefined) return { type, id, ...common };
  }
  return { type: eventTypes.webhook, ...common };
}

/** A value that may stand in a CloudEvents attribute; nobody's id is longer than that. */
function identifier(value: unknown): string | undefined {
  const fits = typeof value === 'string' && value.length > 0 && value.length <= 1024;
  return fits && value.isWellFormed() && !/[\p{Cc}\p{Noncharacter_Code_Point}]/u.test(value) ? value : undefined;
}

function rfc3339(value: unknown): string | undefined {
  if (typeof value !== 'string') return undefined;
  const shape = /^(\d{4}-\d\d-\d\dT(?:[01]\d|2[0-3]):\d\d:\d\d)(?:\.\d{1,9})?(?:Z|[+-]\d\d:\d\d)$/;
  const local = shape.exec(value)?.[1];
  if (local === undefined || Number.isNaN(Date.parse(value))) return undefined;
  // Days that a month does not have are moved into the next one.
  return new Date(`${local}Z`).toISOString().startsWith(local) ? value : undefined;
}

/**
 * The fields that a form or an XML document begins with, as long as MessageMedia writes them: text that somebody typed
 * into a phone, and all that comes after it, is not looked at, as it could pass for an id.
 */
export function parseText(text: string): Fields {
  const fields = new Map<string, string>();
  for (const [name, value] of text.startsWith('<') ? xmlElements(text) : formFields(text)) {
    if (!notTyped.has(name)) break;
    if (!fields.has(name)) fields.set(name, value);
  }
  return Object.fromEntries(fields);
}

/** Names whose values nobody types into a phone; `kind` is how the terminal command tells URLs apart. */
const notTyped = new Set([
  'kind',
  ...Object.keys(kinds),
  'message_id',
  'account_id',
  'date_received',
  'status',
  'error_code',
  'source_number',
  'destination_number',
]);

function* formFields(text: string): Generator<[string, string]> {
  if (/^[A-Za-z_][\w.-]*=/.test(text)) yield* new URLSearchParams(text);
}

/** The plain elements that a document begins with, `<root><name>value</name>…`, up to the first that is anything else. */
function* xmlElements(text: string): Generator<[string, string]> {
  const start = /^(?:<\?xml[^<>]*\?>\s*)?<[A-Za-z_][^<>]*>/.exec(text)?.[0] ?? text;
  const element = /\s*<([A-Za-z_][\w.-]*)>([^<>&]*)<\/\1>/y;
  element.lastIndex = start.length;
  for (let match = element.exec(text); match; match = element.exec(text)) yield [String(match[1]), String(match[2])];
}
