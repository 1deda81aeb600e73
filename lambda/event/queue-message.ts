import { isUtf8 } from 'node:buffer';
import { createHash } from 'node:crypto';
import type { EventType, SignedEvent } from '../contract.ts';
import { isJsonMediaType } from '../media-type.ts';
import { type Digest, parseHttpDate, requestLine, type SignedRequest } from '../signature.ts';
import { type Fields, identify, kindOf, parseObject, parseText } from './identity.ts';

/** A request whose signature is good, with everything that is needed to verify it again. */
export interface VerifiedRequest extends SignedRequest {
  signature: string;
  digest: Digest;
  keyId: string | undefined;
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
  /** @param placement as `toQueueMessage` has it */
  write: (placement?: DataPlacement) => QueueMessage;
}

/** Reads a request once, however often its message is then written. */
export function describeEvent(request: VerifiedRequest): EventDescription {
  const data = describeData(request);
  const identity = identify(data.fields, kindOf(request.target));
  const { type, id = request.requestId, subject, account, receivedAt, unrendered } = identity;
  const attributes: SignedEvent = {
    specversion: '1.0',
    id,
    source: sourceOf(account),
    type,
    subject,
    time: receivedAt ?? new Date(Number(parseHttpDate(request.date))).toISOString(),
    datacontenttype: data.contentType,
    mmkeyid: request.keyId,
    mmdigest: request.digest,
    mmrequestline: requestLine(request),
    mmdate: request.date,
    mmsignature: request.signature,
    mmrepeated: data.repeated.join(',') || undefined,
  };
  const ids = { id, type, groupId: fifoId(subject ?? id), deduplicationId: fifoId(id) };
  return {
    dataContentType: data.contentType,
    // Stryker disable next-line StringLiteral: as text is what neither of the other two is.
    write: (placement = 'text') => ({
      ...ids,
      body: writeEvent(
        attributes,
        typeof placement === 'object' ? datarefMember(placement.dataref) : data.member(placement),
      ),
      dataContentType: data.contentType,
      ...(typeof placement === 'object' && placement),
      unrendered,
    }),
  };
}

/** `source` of an event. @param account the account that the body names */
export function sourceOf(account: string | undefined): string {
  return account === undefined ? 'urn:messagemedia' : `urn:messagemedia:account:${encodeURIComponent(account)}`;
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

interface EventData {
  /** Writes the event's last member with a leading comma, or nothing when there is no body. */
  member: (placement: 'text' | 'base64') => string;
  contentType: string | undefined;
  /** The fields that the sender filled in, from a JSON object, a form, XML, or the query of a request without a body. */
  fields: Fields;
  /** The names that a JSON object has more than once. */
  repeated: readonly string[];
}

/** What the body says, and how the event holds it. Only the signed bytes decide, except for the label of a body that is not JSON. */
function describeData({ body, target, contentType }: VerifiedRequest): EventData {
  if (body.length === 0) {
    return {
      member: () => '',
      contentType: undefined,
      fields: parseText(target.slice(target.indexOf('?') + 1)),
      repeated: [],
    };
  }
  const text = decodeUtf8(body);
  if (text === undefined) {
    const label = labelOf(contentType, false, 'application/octet-stream');
    return { member: () => base64Member(body), contentType: label, fields: {}, repeated: [] };
  }
  const isJson = isValidJson(text);
  const { fields, repeated } = isJson ? parseObject(text) : { fields: parseText(text), repeated: [] };
  return {
    member: (placement) =>
      placement === 'base64' || !isCarriedBySqs(text)
        ? base64Member(body)
        : `,"data":${isJson ? text : JSON.stringify(text)}`,
    contentType: labelOf(contentType, isJson, isJson ? 'application/json' : 'text/plain'),
    fields,
    repeated,
  };
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

/** An id for a FIFO queue: SQS takes 1 to 128 printable ASCII characters; everything else is hashed. */
export function fifoId(id: string): string {
  return /^[\x21-\x7e]{1,128}$/.test(id) ? id : createHash('sha256').update(id).digest('hex');
}

/** Strict decoding, which keeps a byte order mark. */
function decodeUtf8(body: Uint8Array): string | undefined {
  return isUtf8(body) ? Buffer.from(body.buffer, body.byteOffset, body.byteLength).toString('utf8') : undefined;
}

/** SQS takes the characters of XML 1.0, see SendMessage in its API reference. Looking for the others is faster. */
export function isCarriedBySqs(text: string): boolean {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: SQS refuses these
  return text.isWellFormed() && !/[\0-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]/.test(text);
}

function isValidJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}

function mediaType(header: string | undefined): string | undefined {
  const value = String(header).trim();
  return value.length <= 256 && /^[\w!#$&^.+-]+\/[\w!#$&^.+-]+(\s*;[\x20-\x7e]*)?$/.test(value) ? value : undefined;
}

function escapeCharacter(character: string): string {
  return `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`;
}
