import { type EventType, eventTypes } from '../contract.ts';
import { isObject, isTimestamp } from '../guards.ts';
import { members } from '../json.ts';

/** Fields that the sender filled in, by name, in the order of the body. */
export type Fields = Record<string, unknown>;

/** The identity that an event states. */
export interface Identity {
  type: EventType;
  id?: string | undefined;
  subject?: string | undefined;
  account?: string | undefined;
  receivedAt?: string | undefined;
  /** Names of fields that hold a template variable that was not rendered. */
  unrendered: readonly string[];
}

/** The field that holds the id of each kind of event. */
const kinds = new Map<string | undefined, EventType>([
  ['delivery_report_id', eventTypes.deliveryReport],
  ['reply_id', eventTypes.reply],
  ['notification_id', eventTypes.optOut],
]);

/** Values of `kind` in the query of a callback URL. The query is signed, and nobody types into it. */
const kindsOfUrl = new Map<unknown, EventType>([
  ['delivery-report', eventTypes.deliveryReport],
  ['reply', eventTypes.reply],
  ['opt-out', eventTypes.optOut],
  ['webhook', eventTypes.webhook],
]);

/** The kind that a target's query names before any text that somebody may have typed; `undefined` if it names none. */
export function kindOf(target: string): EventType | undefined {
  return kindsOfUrl.get(parseText(target.slice(target.indexOf('?') + 1)).kind);
}

/**
 * Recognises an event by its fields. The first id in the body decides, because later fields may be text that somebody
 * typed into a phone. If the first id is invalid, such as a variable that was not rendered, no later one replaces it.
 *
 * @param kind the kind in the callback URL. With it only an id of that kind is read, and for `webhook` nothing.
 */
export function identify(fields: Fields, kind?: EventType): Identity {
  if (kind === eventTypes.webhook) return { type: kind, unrendered: [] };
  const vendorAccount = isObject(fields.vendor_account_id) ? fields.vendor_account_id.account_id : undefined;
  const named = Object.entries(fields).find(
    ([name, value]) => kinds.has(name) && !isAbsent(value) && (kind === undefined || kind === kinds.get(name)),
  );
  const idName = named?.[0];
  const read = { id: named?.[1], message_id: fields.message_id, account_id: vendorAccount ?? fields.account_id };
  const values = Object.entries({ ...read, date_received: fields.date_received });
  return {
    type: kind ?? kinds.get(idName) ?? eventTypes.webhook,
    id: identifier(read.id),
    subject: identifier(read.message_id),
    account: identifier(vendorAccount) ?? identifier(fields.account_id),
    receivedAt: isTimestamp(fields.date_received) ? fields.date_received : undefined,
    unrendered: values.filter(([, value]) => isUnrendered(value)).map(([name]) => (name === 'id' ? `${idName}` : name)),
  };
}

/** Whether a field is empty. A silent reference without a value renders as nothing, and MessageMedia's ids are text. */
function isAbsent(value: unknown): boolean {
  return typeof value !== 'string' || value === '';
}

/** Whether a value still has a reference or a directive of Velocity in it: `$moId`, `$!{x}`, `$esc.json($x)`, `#if`. */
function isUnrendered(value: unknown): boolean {
  return (
    typeof value === 'string' &&
    /\$!?\{?!?[A-Za-z_]|#\{?(?:if|else|elseif|end|foreach|set|parse|include|macro|evaluate|define|break|stop)\b|#\[\[|#@/.test(
      value,
    )
  );
}

/** The value, if it may be a CloudEvents attribute. No real id is longer. */
function identifier(value: unknown): string | undefined {
  const fits = typeof value === 'string' && value.length > 0 && value.length <= 1024 && !isUnrendered(value);
  return fits && value.isWellFormed() && !/[\p{Cc}\p{Noncharacter_Code_Point}]/u.test(value) ? value : undefined;
}

/** The identifying fields of a JSON object, and which of their names it holds more than once. */
export interface JsonIdentity {
  fields: Fields;
  repeated: string[];
}

const inJson = new Set([...kinds.keys(), 'message_id', 'vendor_account_id', 'account_id', 'date_received']);

/** The first occurrence of each identifying field of a JSON object. @param json valid JSON of any kind */
export function parseObject(json: string): JsonIdentity {
  const fields = new Map<string, unknown>();
  const repeated = new Set<string>();
  for (const [name, source] of members(json)) {
    if (!inJson.has(name)) continue;
    if (fields.has(name)) repeated.add(name);
    else if (name === 'vendor_account_id' && source.startsWith('{')) {
      const account = [...members(source)].filter(([inner]) => inner === 'account_id');
      if (account.length > 1) repeated.add('vendor_account_id.account_id');
      fields.set(name, { account_id: account[0] && JSON.parse(account[0][1]) });
    } else fields.set(name, JSON.parse(source));
  }
  return { fields: Object.fromEntries(fields), repeated: [...repeated] };
}

/**
 * The fields at the beginning of a form or an XML document, up to the first that is not MessageMedia's own. Text that
 * somebody typed into a phone, and everything after it, is not read, because it could look like an id.
 */
export function parseText(text: string): Fields {
  const fields = new Map<string, string>();
  for (const [name, value] of text.startsWith('<') ? xmlElements(text) : formFields(text)) {
    if (!notTyped.has(name)) break;
    if (!fields.has(name)) fields.set(name, value);
  }
  return Object.fromEntries(fields);
}

/** Names whose values nobody types into a phone. `kind` is set by the terminal command. */
const notTyped = new Set([
  'kind',
  ...kinds.keys(),
  'message_id',
  'vendor_id',
  'account_id',
  'date_received',
  'submitted_date',
  'status',
  'error_code',
  'billing_units',
  'source_number',
  'destination_number',
]);

function* formFields(text: string): Generator<[string, string]> {
  if (/^[A-Za-z_][\w.-]*=/.test(text)) yield* new URLSearchParams(text);
}

/** The plain elements at the beginning of a document, `<root><name>value</name>…`, up to anything else. */
function* xmlElements(text: string): Generator<[string, string]> {
  const start = /^(?:<\?xml[^<>]*\?>\s*)?<[A-Za-z_][^<>]*>/.exec(text)?.[0] ?? text;
  const element = /\s*<([A-Za-z_][\w.-]*)>([^<>&]*)<\/\1>/y;
  element.lastIndex = start.length;
  for (let match = element.exec(text); match; match = element.exec(text)) yield [String(match[1]), String(match[2])];
}
