import { createHash } from 'node:crypto';
import type { EventType, QueuedEvent } from './contract.ts';
import { isObject } from './guards.ts';
import { type Fields, identify, parseText } from './identity.ts';
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
  const member = typeof placement === 'object' ? `,"dataref":${JSON.stringify(placement.dataref)}` : data.member;
  // ASCII alone: an id may hold what a queue refuses.
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

function mediaType(header: string | undefined): string | undefined {
  const value = header?.trim() ?? '';
  return value.length <= 256 && /^[\w!#$&^.+-]+\/[\w!#$&^.+-]+(\s*;[\x20-\x7e]*)?$/.test(value) ? value : undefined;
}

function escapeCharacter(character: string): string {
  return `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`;
}
