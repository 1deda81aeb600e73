import { eventTypes, type QueuedEvent } from '../contract.ts';
import { isJsonMediaType, isObject } from '../guards.ts';
import { parseFirst } from '../json.ts';
import type { SignedRequest } from '../signature.ts';
import { parseQueuedEvent, parseRequestLine, QueuedEventError } from './attributes.ts';
import { identityOf } from './deduplication.ts';
import { inlineBody, notLast } from './inline-body.ts';
import type { WebhookEvent } from './payloads.ts';

export type * from './payloads.ts';

/** A queued message after reading: the event, and what was signed. */
export interface ReadEvent {
  event: WebhookEvent;
  /** Exactly what the signature covers; `undefined` for an event with `mmorigin`, which was never signed. */
  signed: (SignedRequest & { body: Buffer }) | undefined;
}

/** Gets the bytes that an event's `dataref` points to. Rejects when the receiver never puts data there. */
export type FetchData = (dataref: string) => Promise<Uint8Array>;

/**
 * Reads a message from the queue, and fetches the data of an event that was too large for the queue.
 *
 * @param message body of an SQS message, unchanged
 * @throws {QueuedEventError} when it is not an event of the receiver
 */
export async function openQueuedEvent(message: string, fetchData: FetchData): Promise<ReadEvent> {
  const event = parseQueuedEvent(message);
  return takeApart(event, event.dataref === undefined ? inlineBody(event, message) : await fetchData(event.dataref));
}

/**
 * Reads a message from the queue that contains its data. `reverify` can check its signature again with only the message
 * and a key.
 *
 * @param message body of an SQS message, unchanged
 * @throws {QueuedEventError} when it is not an event of the receiver, or `data_elsewhere` when its data is in S3
 */
export function readQueuedEvent(message: string): ReadEvent {
  const event = parseQueuedEvent(message);
  if (event.dataref !== undefined) {
    throw new QueuedEventError('data_elsewhere', 'The data is in S3: read this event with openQueuedEvent');
  }
  return takeApart(event, inlineBody(event, message));
}

/**
 * What a consumer remembers of an event that it handled, to handle it once: 64 characters, made of source, type and id. The
 * FIFO queue drops repetitions by the same value.
 */
export function idempotencyKey(event: Pick<WebhookEvent, 'source' | 'type' | 'id'>): string {
  return identityOf(event);
}

function takeApart(queued: QueuedEvent, bytes: Uint8Array): ReadEvent {
  const { data, data_base64: _base64, ...attributes } = queued;
  const body = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const isJson = isJsonMediaType(String(attributes.datacontenttype));
  const json = isJson ? parseJson(body) : undefined;
  // Other members could follow that were not signed.
  if (isJson && data !== undefined && json === undefined) throw notLast();
  const payload = attributes.type === eventTypes.webhook || isObject(json) ? json : undefined;
  const event = { ...attributes, payload } as WebhookEvent;
  if (queued.mmorigin !== undefined) return { event, signed: undefined };
  // It was parsed when the event was.
  const request = parseRequestLine(queued.mmrequestline) as { method: string; target: string };
  return { event, signed: { ...request, date: queued.mmdate, body } };
}

/** The first of repeated names counts, as for the event's own attributes. */
function parseJson(body: Buffer): unknown {
  try {
    return parseFirst(new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(body));
  } catch {}
  return undefined;
}
