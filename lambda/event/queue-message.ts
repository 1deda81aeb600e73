import { isUtf8 } from 'node:buffer';
import { createHash } from 'node:crypto';
import type { EventType, SignedEvent } from '../contract.ts';
import { isJsonMediaType } from '../media-type.ts';
import { type Digest, requestLine, type SignedRequest } from '../signature.ts';
import { type Fields, identify, kindOf, parseObject, parseText } from './identity.ts';

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

/** Most bytes that SQS takes as one message (1 MiB). */
export const maxMessageBytes = 1_048_576;

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
  /** Where the data is, if it is not in the body. */
  dataref?: string;
  /** Names of identifying fields that hold a template's variable which was not rendered: somebody's template is wrong. */
  unrendered: readonly string[];
}

/**
 * Turns a verified request into its CloudEvent and the FIFO ids that go with it.
 *
 * @param placement where the data is: in the message as text if it can be, in base64 in any case, for a queue that
 * refuses a character of the text, or elsewhere, for a message that would be too large
 */
export function toQueueMessage(request: VerifiedRequest, placement: DataPlacement = 'text'): QueueMessage {
  const data = describeData(request, placement);
  const identity = identify(data.fields, kindOf(request.target));
  const { type, id = request.requestId, subject, account, receivedAt, unrendered } = identity;
  const attributes: SignedEvent = {
    specversion: '1.0',
    id,
    source: sourceOf(account),
    type,
    ...(subject !== undefined && { subject }),
    time: receivedAt ?? new Date(request.date).toISOString(),
    ...(data.contentType !== undefined && { datacontenttype: data.contentType }),
    ...(request.keyId !== undefined && { mmkeyid: request.keyId }),
    mmdigest: request.digest,
    mmrequestline: requestLine(request),
    mmdate: request.date,
    mmsignature: request.signature,
    ...(data.repeated.length > 0 && { mmrepeated: data.repeated.join(',') }),
  };
  const member = typeof placement === 'object' ? datarefMember(placement.dataref) : data.member;
  return {
    id,
    type,
    body: writeEvent(attributes, member),
    groupId: fifoId(subject ?? id),
    deduplicationId: fifoId(id),
    dataContentType: data.contentType,
    ...(typeof placement === 'object' && placement),
    unrendered,
  };
}

/** `source` of an event. @param account as the body names it */
export function sourceOf(account: string | undefined): string {
  return account === undefined ? 'urn:messagemedia' : `urn:messagemedia:account:${encodeURIComponent(account)}`;
}

/** The last member of an event whose data is elsewhere. */
export function datarefMember(dataref: string): string {
  return `,"dataref":${JSON.stringify(dataref)}`;
}

/** The event as SQS gets it. @param member its last one, with a leading comma, or nothing */
export function writeEvent(attributes: object, member: string): string {
  // ASCII alone: an id may hold what a queue refuses.
  const head = JSON.stringify(attributes).replace(/[^\x20-\x7e]/g, escapeCharacter);
  return `${head.slice(0, -1)}${member}}`;
}

/** Where an event's data is; `dataref` is the URI of the signed body. */
export type DataPlacement = 'text' | 'base64' | { dataref: string };

interface EventData {
  /** The event's last member with a leading comma, or nothing when there is no body. */
  member: string;
  contentType: string | undefined;
  /** The fields that the sender filled in: of a JSON object, a form, XML, or the query of a request without a body. */
  fields: Fields;
  /** Of these the ones that a JSON object has more than once. */
  repeated: readonly string[];
}

/** How the body stands in the event. Only the signed bytes decide, save for the label of what is not JSON. */
function describeData({ body, target, contentType }: VerifiedRequest, placement: DataPlacement): EventData {
  if (body.length === 0) {
    const query = target.includes('?') ? target.slice(target.indexOf('?') + 1) : '';
    return { member: '', contentType: undefined, fields: parseText(query), repeated: [] };
  }
  const text = decodeUtf8(body);
  const isJson = text !== undefined && isValidJson(text);
  const { fields, repeated } = isJson ? parseObject(text) : { fields: parseText(text ?? ''), repeated: [] };
  const common = { contentType: labelOf(contentType, isJson, text !== undefined), fields, repeated };
  if (text === undefined || !isCarriedBySqs(text) || placement === 'base64') {
    return { ...common, member: `,"data_base64":"${Buffer.from(body).toString('base64')}"` };
  }
  return { ...common, member: `,"data":${isJson ? text : JSON.stringify(text)}` };
}

/**
 * The media type of the data, wherever it stands: a JSON one exactly when the body is JSON, which is how a reader knows.
 * Content-Type is not signed, so it only chooses among types that are true of the bytes.
 */
function labelOf(contentType: string | undefined, isJson: boolean, isText: boolean): string {
  const declared = mediaType(contentType);
  if (declared !== undefined && isJsonMediaType(declared) === isJson) return declared;
  if (isJson) return 'application/json';
  return isText ? 'text/plain' : 'application/octet-stream';
}

/** An id for a FIFO queue: SQS takes 1 to 128 printable ASCII characters; everything else is hashed. */
export function fifoId(id: string): string {
  return /^[\x21-\x7e]{1,128}$/.test(id) ? id : createHash('sha256').update(id).digest('hex');
}

/** Strict, and a byte order mark stays. */
function decodeUtf8(body: Uint8Array): string | undefined {
  return isUtf8(body) ? Buffer.from(body.buffer, body.byteOffset, body.byteLength).toString('utf8') : undefined;
}

/** SQS takes what XML 1.0 takes, see SendMessage in its API reference. Said by what it does not take, which is faster. */
export function isCarriedBySqs(text: string): boolean {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: these are what it refuses
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
  const value = header?.trim() ?? '';
  return value.length <= 256 && /^[\w!#$&^.+-]+\/[\w!#$&^.+-]+(\s*;[\x20-\x7e]*)?$/.test(value) ? value : undefined;
}

function escapeCharacter(character: string): string {
  return `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`;
}
