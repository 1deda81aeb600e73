import { isJson } from '../lambda/event/identity.ts';
import { isObject } from '../lambda/guards.ts';

/*
 * The common ways to write the same JSON, made from its tokens. Numbers stay as they are written, and strings keep their text.
 */

/** Orders of members in which MessageMedia's documented callbacks and the templates of mmw are written. */
const knownOrders: readonly (readonly string[])[] = [
  'vendor_account_id callback_url delivery_report_id source_number date_received status delay submitted_date original_text message_id error_code metadata',
  'metadata message_id reply_id date_received destination_number source_number vendor_account_id content',
  'callback_url reply_id message_id date_received vendor_account_id content source_number destination_number metadata',
  'message_id reply_id date_received source_number account_id attachments metadata',
  'delivery_report_id message_id vendor_account_id date_received status error_code source_number submitted_date billing_units original_text metadata',
  'reply_id message_id vendor_account_id date_received source_number destination_number attachments content metadata',
  'notification_id message_id account_id date_received source_number destination_number content metadata',
  'notification_id date_received content source_number destination_number account_id metadata',
].map((names) => names.split(' '));

type Escape = (text: string) => string;

const unicode = (format: (hex: string) => string) => (text: string) =>
  text.replace(/[\u0080-\uffff]/g, (unit) => `\\u${format(unit.charCodeAt(0).toString(16).padStart(4, '0'))}`);
const slashes: Escape = (text) => text.replaceAll('/', '\\/');
const upper = unicode((hex) => hex.toUpperCase());
const lower = unicode((hex) => hex);

const escapes: readonly Escape[] = [
  (text) => text,
  slashes,
  lower,
  upper,
  (text) => slashes(lower(text)),
  (text) => slashes(upper(text)),
  (text) => text.replace(/[<>&'=]/g, (unit) => `\\u00${unit.charCodeAt(0).toString(16)}`),
];

/** Separators and line breaks of one form. */
interface Layout {
  indent: string;
  colon: string;
  comma: string;
}

const layouts: readonly Layout[] = [
  { indent: '', colon: ':', comma: ',' },
  { indent: '  ', colon: ': ', comma: ',' },
  { indent: '    ', colon: ': ', comma: ',' },
  { indent: '\t', colon: ': ', comma: ',' },
  { indent: '', colon: ': ', comma: ', ' },
];

const token = /"(?:[^"\\]|\\.)*"|[{}[\],:]|[^\s{}[\],:"]+/g;

/** Every common way to write the same JSON; nothing if the text is not JSON. */
export function* jsonForms(text: string): Generator<string> {
  if (!isContainer(text)) return;
  const tokens = text.match(token) ?? [];
  for (const escaped of escapes) {
    const written = tokens.map((part) => (part.startsWith('"') ? escaped(JSON.stringify(JSON.parse(part))) : part));
    for (const layout of layouts) yield write(written, layout);
  }
}

/** Orders of members within others. */
const knownInner: readonly (readonly string[])[] = [
  ['vendor_id', 'account_id'],
  ['content_type', 'content', 'original_name'],
];

/** The same members in known orders, written compactly. */
export function* jsonOrders(text: string): Generator<string> {
  if (!isContainer(text)) return;
  const value: unknown = JSON.parse(text);
  if (!isObject(value)) return;
  const inner = mapValues(value, reorderInner);
  for (const each of [inner, value]) {
    for (const order of knownOrders) yield JSON.stringify(reorder(each, order));
  }
  yield JSON.stringify(Object.fromEntries(Object.entries(value).toSorted(([a], [b]) => (a < b ? -1 : 1))));
  yield JSON.stringify(Object.fromEntries(Object.entries(value).toReversed()));
}

type Members = Record<string, unknown>;

/** Puts the members in this order. Members that it does not name follow, in the order they had. */
function reorder(value: Members, order: readonly string[]): Members {
  const place = (name: string) => (order.includes(name) ? order.indexOf(name) : order.length);
  return Object.fromEntries(Object.entries(value).toSorted(([a], [b]) => place(a) - place(b)));
}

function reorderInner(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(reorderInner);
  if (!isObject(value)) return value;
  const order = knownInner.find((names) => Object.keys(value).every((name) => names.includes(name)));
  return order ? reorder(value, order) : value;
}

function mapValues(value: Members, change: (part: unknown) => unknown): Members {
  return Object.fromEntries(Object.entries(value).map(([name, part]) => [name, change(part)]));
}

/** Deeper than any webhook. A body of a few kilobytes that is nested deeper could be made as long as a disk by its indents. */
const mostLevels = 64;

function isContainer(text: string): boolean {
  return /^\s*[[{]/.test(text) && isJson(text) && !isDeep(text);
}

/** @param text valid JSON */
function isDeep(text: string): boolean {
  let depth = 0;
  for (const [part] of text.matchAll(token)) {
    if (part === '{' || part === '[') depth++;
    else if (part === '}' || part === ']') depth--;
    if (depth > mostLevels) return true;
  }
  return false;
}

function write(tokens: readonly string[], { indent, colon, comma }: Layout): string {
  const parts: string[] = [];
  let depth = 0;
  const line = () => (indent === '' ? '' : `\n${indent.repeat(depth)}`);
  for (const [index, part] of tokens.entries()) {
    if (part === '{' || part === '[') {
      depth++;
      const isEmpty = tokens[index + 1] === '}' || tokens[index + 1] === ']';
      parts.push(part, isEmpty ? '' : line());
    } else if (part === '}' || part === ']') {
      depth--;
      const isEmpty = tokens[index - 1] === '{' || tokens[index - 1] === '[';
      parts.push(isEmpty ? '' : line(), part);
    } else if (part === ',') parts.push(comma, line());
    else parts.push(part === ':' ? colon : part);
  }
  return parts.join('');
}
