import { createHash } from 'node:crypto';
import { type EventType, eventTypes, type QueuedEvent } from './contract.ts';
import { isJsonMediaType } from './queued-event.ts';
import { type Digest, requestLine, type SignedRequest } from './signature.ts';

/** A request whose signature was found good, with everything it takes to find that again. */
export interface VerifiedRequest extends SignedRequest {
  signature: string;
  digest: Digest;
  keyId: string | undefined;
  /** The `Content-Type` header. It is not signed, so nothing but the label of the data depends on it. */
  contentType: string | undefined;
  /** Id of the event when the vendor gave it none. */
  requestId: string;
}

/** A message for SQS. */
export interface QueueMessage {
  /** Id of the event. */
  id: string;
  type: EventType;
  /** The event in CloudEvents' structured JSON format. */
  body: string;
  /** What is delivered in order: all events about one message. */
  groupId: string;
  deduplicationId: string;
  /** Media type of the event's data. */
  dataContentType: string | undefined;
}

/**
 * Turns a verified request into its CloudEvent and the FIFO ids that go with it.
 *
 * @param placement where the data is: in the message as text if it can be, in base64 in any case, for a queue that
 * refuses a character of the text, or elsewhere, for a message that would be too large
 */
export function toQueueMessage(request: VerifiedRequest, placement: DataPlacement = 'text'): QueueMessage {
  const data = describeData(request, placement);
  const { type, id = request.requestId, subject, account, receivedAt } = identify(data.fields);
  const attributes: QueuedEvent = {
    specversion: '1.0',
    id,
    source: account === undefined ? 'urn:messagemedia' : `urn:messagemedia:account:${encodeURIComponent(account)}`,
    type,
    ...(subject !== undefined && { subject }),
    time: receivedAt ?? new Date(request.date).toISOString(),
    ...(data.contentType !== undefined && { datacontenttype: data.contentType }),
    ...(request.keyId !== undefined && { mmkeyid: request.keyId }),
    mmdigest: request.digest,
    mmrequestline: requestLine(request),
    mmdate: request.date,
    mmsignature: request.signature,
  };
  // ASCII alone: an id may hold what a queue refuses.
  const member = typeof placement === 'object' ? `,"dataref":${JSON.stringify(placement.dataref)}` : data.member;
  const head = JSON.stringify(attributes).replace(/[^\x20-\x7e]/g, escapeCharacter);
  return {
    id,
    type,
    body: `${head.slice(0, -1)}${member}}`,
    groupId: fifoId(subject ?? id),
    deduplicationId: fifoId(id),
    dataContentType: data.contentType,
  };
}

/** Where an event's data is; `dataref` is the URI of the signed body. */
export type DataPlacement = 'text' | 'base64' | { dataref: string };

interface EventData {
  /** The event's last member with a leading comma, or nothing when there is no body. */
  member: string;
  contentType: string | undefined;
  /** The fields that the sender filled in: of a JSON object, a form, XML, or the query of a request without a body. */
  fields: Fields;
}

type Fields = Record<string, unknown>;

/**
 * How the body stands in the event. Only the signed bytes decide, save for the label of what is not JSON: a JSON
 * `contentType` is there exactly when `data` is the body itself, which is how a reader knows.
 */
function describeData({ body, target, contentType }: VerifiedRequest, placement: DataPlacement): EventData {
  if (body.length === 0) {
    const query = target.includes('?') ? target.slice(target.indexOf('?') + 1) : '';
    return { member: '', contentType: undefined, fields: parseText(query) };
  }
  const declared = mediaType(contentType);
  const text = decodeUtf8(body);
  const json = text === undefined ? undefined : parseJson(text);
  const fields = json ? (isObject(json.value) ? json.value : {}) : parseText(text ?? '');
  if (text === undefined || !isCarriedBySqs(text) || placement === 'base64') {
    const fallback = json ? 'application/json' : 'application/octet-stream';
    const base64 = Buffer.from(body).toString('base64');
    return { member: `,"data_base64":"${base64}"`, contentType: declared ?? fallback, fields };
  }
  if (json) {
    const type = declared !== undefined && isJsonMediaType(declared) ? declared : 'application/json';
    return { member: `,"data":${text}`, contentType: type, fields };
  }
  const type = declared === undefined || isJsonMediaType(declared) ? 'text/plain' : declared;
  return { member: `,"data":${JSON.stringify(text)}`, contentType: type, fields };
}

interface Identity {
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

/** The first id in the body decides: what comes later may be text that somebody typed into a phone. */
function identify(fields: Fields): Identity {
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

/** SQS takes 1 to 128 printable ASCII characters; everything else is hashed. */
function fifoId(id: string): string {
  return /^[\x21-\x7e]{1,128}$/.test(id) ? id : createHash('sha256').update(id).digest('hex');
}

function decodeUtf8(body: Uint8Array): string | undefined {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(body);
  } catch {
    return undefined;
  }
}

/** SQS takes what XML 1.0 takes, see SendMessage in its API reference. */
function isCarriedBySqs(text: string): boolean {
  return !/[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\u{10000}-\u{10ffff}]/u.test(text);
}

function parseJson(text: string): { value: unknown } | undefined {
  try {
    return { value: JSON.parse(text) };
  } catch {
    return undefined;
  }
}

/**
 * The fields that a form or an XML document begins with, as long as MessageMedia writes them: text that somebody typed
 * into a phone, and all that comes after it, is not looked at, as it could pass for an id.
 */
function parseText(text: string): Fields {
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

function mediaType(header: string | undefined): string | undefined {
  const value = header?.trim() ?? '';
  return value.length <= 256 && /^[\w!#$&^.+-]+\/[\w!#$&^.+-]+(\s*;[\x20-\x7e]*)?$/.test(value) ? value : undefined;
}

function isObject(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function escapeCharacter(character: string): string {
  return `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`;
}
