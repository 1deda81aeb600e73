import { isUtf8 } from 'node:buffer';
import { type EventType, eventTypes, type SignedEvent } from '../contract.ts';
import { isJsonMediaType } from '../guards.ts';
import type { KeyOwner } from '../keys/keyring.ts';
import { type Digest, parseHttpDate, requestLine, type SignedRequest } from '../signature.ts';
import { groupOf, identityOf, sourceOf } from './deduplication.ts';
import {
  identify,
  isJson,
  isObjectLike,
  kindOf,
  parseObject,
  parseQuery,
  parseText,
  type Statement,
} from './identity.ts';

/** A request whose signature is good, with everything that is needed to verify it again. */
export interface VerifiedRequest extends SignedRequest {
  signature: string;
  digest: Digest;
  keyId: string | undefined;
  /** Whose key verified it. Absent while no key names an account; then the body says whose event it is. */
  owner?: KeyOwner | undefined;
  /** The `Content-Type` header. It is not signed, so only the label of the data depends on it. */
  contentType: string | undefined;
  /** Id of the event if MessageMedia gave it none. */
  requestId: string;
}

/** Most bytes that SQS takes as one message (1 MiB). */
export const maxMessageBytes = 1_048_576;

/** A message for SQS. */
export interface QueueMessage {
  /** Id of the event. */
  id: string;
  type: EventType;
  /** The event in CloudEvents' structured JSON format. */
  body: string;
  /** Events of one group are delivered in order. A group is all events about one message. */
  groupId: string;
  deduplicationId: string;
  /** Media type of the event's data. */
  dataContentType: string | undefined;
  /** Where the data is, if it is not in the body. */
  dataref?: string;
  /** Names of identifying fields that hold a template variable that was not rendered, because the template is wrong. */
  unrendered: readonly string[];
  /** Whether it should be JSON and is not, because the template is wrong. Then consumers get no payload. */
  unreadable?: true;
}

/**
 * Turns a verified request into its CloudEvent and the FIFO ids that go with it.
 *
 * @param placement where the data is: `text` for text in the message where possible, `base64` for a queue that refuses a
 * character of the text, or a `dataref` for a message that would be too large
 */
export function toQueueMessage(request: VerifiedRequest, placement?: DataPlacement): QueueMessage {
  return describeEvent(request).write(placement);
}

/** A request that was read once, for messages that have its data in different places. */
export interface EventDescription extends Pick<QueueMessage, 'dataContentType'> {
  /** An account that body or query names and that is another key's. Then the event is a forgery. */
  foreignAccount: string | undefined;
  /** @param placement as `toQueueMessage` has it */
  write: (placement?: DataPlacement) => QueueMessage;
}

/** Reads a request once, however often its message is then written. */
export function describeEvent(request: VerifiedRequest): EventDescription {
  const { owner } = request;
  const query = parseQuery(request.target);
  const data = describeData(request, query);
  const { id = request.requestId, unrendered, ...said } = identify(data.fields, kindOf(query));
  const attributes: SignedEvent = {
    specversion: '1.0',
    id,
    source: sourceOf(owner ? owner.account : said.account),
    type: said.type,
    subject: said.subject,
    time: said.receivedAt ?? new Date(Number(parseHttpDate(request.date))).toISOString(),
    datacontenttype: data.contentType,
    mmkeyid: request.keyId,
    mmdigest: request.digest,
    mmrequestline: requestLine(request),
    mmdate: request.date,
    mmsignature: request.signature,
    mmrepeated: data.repeated.join(',') || undefined,
  };
  const common = {
    id,
    type: said.type,
    groupId: groupOf(attributes, owner?.account),
    deduplicationId: identityOf(attributes),
    dataContentType: data.contentType,
    unrendered,
    ...(data.unreadable && { unreadable: true as const }),
  };
  return {
    dataContentType: data.contentType,
    foreignAccount: [...data.accounts, ...query.accounts].find((name) => owner?.others.has(name)),
    // Stryker disable next-line StringLiteral: as text is what neither of the other two is.
    write: (placement = 'text') =>
      typeof placement === 'object'
        ? { ...common, ...placement, body: writeEvent(attributes, datarefMember(placement.dataref)) }
        : { ...common, body: writeEvent(attributes, data.member(placement)) },
  };
}

/** The last member of an event whose data is elsewhere. */
export function datarefMember(dataref: string): string {
  return `,"dataref":${JSON.stringify(dataref)}`;
}

/** The event as SQS gets it. @param member its last member, with a leading comma, or nothing */
export function writeEvent(attributes: object, member: string): string {
  // Only ASCII, because an id may hold a character that a queue refuses.
  const head = JSON.stringify(attributes).replace(/[^\x20-\x7e]/g, escapeCharacter);
  return `${head.slice(0, -1)}${member}}`;
}

/** Where an event's data is; `dataref` is the URI of the signed body. */
export type DataPlacement = 'text' | 'base64' | { dataref: string };

interface EventData extends Statement {
  /** Writes the event's last member with a leading comma, or nothing when there is no body. */
  member: (placement: 'text' | 'base64') => string;
  contentType: string | undefined;
  unreadable: boolean;
}

/** What the body says, and how the event holds it. Only the signed bytes decide, except for the label of a body that is not JSON. */
function describeData({ body, contentType }: VerifiedRequest, query: Statement): EventData {
  if (body.length === 0) return { member: () => '', contentType: undefined, unreadable: false, ...query };
  const text = decodeUtf8(body);
  // Ids are ASCII. Of other bytes each becomes a character of its own, so that two ids never become the same.
  const read = (text ?? Buffer.from(body).toString('latin1')).replace(/^\ufeff/, '');
  const isReadable = text !== undefined && isJson(read);
  const isVerbatim = isReadable && read === text;
  const otherwise = text === undefined ? 'application/octet-stream' : 'text/plain';
  return {
    member: (placement) => {
      if (text === undefined || placement === 'base64' || !isCarriedBySqs(text)) return base64Member(body);
      return `,"data":${isVerbatim ? text : JSON.stringify(text)}`;
    },
    contentType: labelOf(contentType, isVerbatim, isVerbatim ? 'application/json' : otherwise),
    unreadable:
      !isVerbatim && (isJsonMediaType(String(mediaType(contentType))) || isMeantAsPayload(read, kindOf(query))),
    ...(isReadable ? parseObject(read) : parseText(read)),
  };
}

/** Whether the URL names a kind of event whose payload is an object, and the body begins like one. */
function isMeantAsPayload(text: string, kind: EventType | undefined): boolean {
  return kind !== undefined && kind !== eventTypes.webhook && isObjectLike(text);
}

function base64Member(body: Uint8Array): string {
  return `,"data_base64":"${Buffer.from(body).toString('base64')}"`;
}

/**
 * The media type of the data, wherever the data is. It is a JSON type exactly if the body is JSON, and readers rely on
 * that. Content-Type is not signed, so it only chooses among types that fit the bytes.
 */
function labelOf(contentType: string | undefined, isJson: boolean, otherwise: string): string {
  const declared = mediaType(contentType);
  return declared !== undefined && isJsonMediaType(declared) === isJson ? declared : otherwise;
}

/** Strict decoding, which keeps a byte order mark. */
function decodeUtf8(body: Uint8Array): string | undefined {
  return isUtf8(body) ? Buffer.from(body.buffer, body.byteOffset, body.byteLength).toString('utf8') : undefined;
}

/** SQS takes the characters of XML 1.0, see SendMessage in its API reference. Looking for the others is faster. */
function isCarriedBySqs(text: string): boolean {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: SQS refuses these
  return text.isWellFormed() && !/[\0-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]/.test(text);
}

function mediaType(header: string | undefined): string | undefined {
  const value = String(header).trim();
  return value.length <= 256 && /^[\w!#$&^.+-]+\/[\w!#$&^.+-]+(\s*;[\x20-\x7e]*)?$/.test(value) ? value : undefined;
}

function escapeCharacter(character: string): string {
  return `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`;
}
