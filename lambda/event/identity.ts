import { isObject, isTimestamp } from '../guards.ts';
import { members } from '../json.ts';
import { type EventType, eventKinds } from './kinds.ts';

/** Fields that the sender filled in, by name, in the order of the body. */
export type Fields = Record<string, unknown>;

/** The identity that an event states. */
export interface Identity {
  type: EventType;
  id?: string | undefined;
  subject?: string | undefined;
  account?: string | undefined;
  receivedAt?: string | undefined;
  /** Names of fields that hold a template variable that was not rendered; of ids only if none was rendered. */
  unrendered: readonly string[];
}

const kinds = Object.values(eventKinds);

/** Types by the field that holds the id; a webhook has none. */
const typesByField = new Map<string | undefined, EventType>(kinds.map(({ idField, type }) => [idField, type]));

/** Types by `kind` in the query of a callback URL. The query is signed, and nobody types into it. */
const typesByUrl = new Map<unknown, EventType>(kinds.map(({ inUrl, type }) => [inUrl, type]));

/** What the query of a request target says, read as a form. It is signed, and nobody types before its variables. */
export function parseQuery(target: string): Statement {
  return parseText(target.slice(target.indexOf('?') + 1));
}

/** The kind that a query names before any text that somebody may have typed; `undefined` if it names none. */
export function kindOf({ fields }: Pick<Statement, 'fields'>): EventType | undefined {
  return typesByUrl.get(fields.kind);
}

/**
 * Recognises an event by its fields. The first id that was rendered decides: where a template names the ids of several
 * kinds, a variable that is still there shows what the event is not. Without such an id it is a `webhook`.
 *
 * @param kind the kind in the callback URL. With it only an id of that kind is read, and for `webhook` nothing.
 */
export function identify(fields: Fields, kind?: EventType): Identity {
  if (kind === eventKinds.webhook.type) return { type: kind, unrendered: [] };
  const vendorAccount = isObject(fields.vendor_account_id) ? fields.vendor_account_id.account_id : undefined;
  const ids = Object.entries(fields).filter(
    ([name, value]) =>
      typesByField.has(name) && !isAbsent(value) && (kind === undefined || kind === typesByField.get(name)),
  );
  const [idName, id] = ids.find(([, value]) => !isUnrendered(value)) ?? [];
  const read = { message_id: fields.message_id, account_id: vendorAccount ?? fields.account_id };
  const values = [
    ...ids.filter(() => idName === undefined),
    ...Object.entries({ ...read, date_received: fields.date_received }),
  ];
  return {
    type: kind ?? typesByField.get(idName) ?? eventKinds.webhook.type,
    id: identifier(id),
    subject: identifier(read.message_id),
    account: identifier(vendorAccount) ?? identifier(fields.account_id),
    receivedAt: isTimestamp(fields.date_received) ? fields.date_received : undefined,
    unrendered: values.filter(([, value]) => isUnrendered(value)).map(([name]) => name),
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

/** What a body or a query says of its event. */
export interface Statement {
  fields: Fields;
  /** Identifying fields that a JSON object has more than once. */
  repeated: readonly string[];
  /** Every account that it names, whatever counts as the event's own. */
  accounts: readonly string[];
}

const inJson = new Set([...typesByField.keys(), 'message_id', 'vendor_account_id', 'account_id', 'date_received']);

/** The first occurrence of each identifying field of a JSON object. @param json valid JSON of any kind */
export function parseObject(json: string): Statement {
  const fields = new Map<string, unknown>();
  const repeated = new Set<string>();
  const accounts: unknown[] = [];
  for (const [name, source] of members(json)) {
    if (!inJson.has(name)) continue;
    const value = name === 'vendor_account_id' ? readAccount(source, repeated, accounts) : JSON.parse(source);
    if (name === 'account_id') accounts.push(value);
    if (fields.has(name)) repeated.add(name);
    else fields.set(name, value);
  }
  return { fields: Object.fromEntries(fields), repeated: [...repeated], accounts: accounts.filter(isText) };
}

/** A value, of which an object is `vendor_account_id` and has an account in it. */
function readAccount(source: string, repeated: Set<string>, accounts: unknown[]): unknown {
  if (!source.startsWith('{')) return JSON.parse(source);
  const named = [...members(source)].filter(([name]) => name === 'account_id').map(([, inner]) => JSON.parse(inner));
  if (named.length > 1) repeated.add('vendor_account_id.account_id');
  for (const name of named) accounts.push(name);
  return { account_id: named[0] };
}

function isText(value: unknown): value is string {
  return typeof value === 'string';
}

/**
 * The fields at the beginning of a form, an XML document or a JSON object that something in it breaks, up to the first
 * that is not MessageMedia's own. Text that somebody typed into a phone, and everything after it, is not read, because it
 * could look like an id.
 */
export function parseText(text: string): Statement {
  const fields = new Map<string, unknown>();
  const accounts: unknown[] = [];
  for (const [name, value] of beginningOf(text, accounts)) {
    if (!notTyped.has(name)) break;
    if (name === 'account_id') accounts.push(value);
    if (!fields.has(name)) fields.set(name, value);
  }
  return { fields: Object.fromEntries(fields), repeated: [], accounts: accounts.filter(isText) };
}

/** @param accounts gets those that are named inside of a field */
function beginningOf(text: string, accounts: unknown[]): Iterable<[string, unknown]> {
  if (text.startsWith('<')) return xmlElements(text);
  return isObjectLike(text) ? jsonMembers(text, accounts) : formFields(text);
}

/** Whether a text begins like a JSON object. */
export function isObjectLike(text: string): boolean {
  return /^[ \t\r\n]*\{/.test(text);
}

/** Names whose values nobody types into a phone. `kind` is set by the terminal command. */
const notTyped = new Set([
  'kind',
  ...typesByField.keys(),
  'message_id',
  'vendor_account_id',
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

/** The members at the beginning of an object, each with the comma or brace behind it, up to anything that is not JSON. */
function* jsonMembers(text: string, accounts: unknown[]): Generator<[string, unknown]> {
  const member =
    /[ \t\r\n]*"([A-Za-z_][\w.-]*)"[ \t\r\n]*:[ \t\r\n]*("(?:[^"\\\p{Cc}]|\\.)*"|[\w.+-]+|\{[^{}]*\})[ \t\r\n]*[,}]/uy;
  member.lastIndex = text.indexOf('{') + 1;
  for (let match = member.exec(text); match; match = member.exec(text)) {
    const source = String(match[2]);
    if (!isJson(source)) return;
    yield [String(match[1]), readAccount(source, new Set(), accounts)];
    if (match[0].endsWith('}')) return;
  }
}

/** Whether a text is JSON of any kind. */
export function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}
