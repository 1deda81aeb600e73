import type { QueuedEvent } from './contract.ts';
import type { SignedRequest } from './signature.ts';

/** A queued message taken apart again: the event, and what was signed. */
export interface ReadEvent {
  event: QueuedEvent;
  /** Exactly what the signature covers, cut out of the message. */
  signed: SignedRequest;
}

/**
 * Reads a message from the queue. Nothing but the message is needed to check its signature again:
 * `verify(signed, event.mmsignature, key, event.mmdigest)`.
 *
 * @param message body of an SQS message, unchanged
 * @throws {SyntaxError} when it is not a queued event
 */
export function readQueuedEvent(message: string): ReadEvent {
  const event: QueuedEvent = JSON.parse(message);
  const [method, target] = event.mmrequestline?.split(' ') ?? [];
  if (method === undefined || target === undefined) throw new SyntaxError('The message has no mmrequestline');
  return { event, signed: { method, target, date: event.mmdate, body: signedBody(event, message) } };
}

/** JSON stands in the message verbatim, so it is cut out: parsing and writing it again would change its bytes. */
function signedBody(event: QueuedEvent, message: string): Buffer {
  if (event.data_base64 !== undefined) return Buffer.from(event.data_base64, 'base64');
  if (event.data === undefined) return Buffer.alloc(0);
  if (!isJsonMediaType(event.datacontenttype ?? '')) return Buffer.from(String(event.data), 'utf8');
  // The first one is the member itself: within a string before it, the quotes would be escaped.
  const marker = ',"data":';
  return Buffer.from(message.slice(message.indexOf(marker) + marker.length, message.lastIndexOf('}')), 'utf8');
}

/** Whether a media type, with or without parameters, says JSON: `application/json`, or anything with `+json`. */
export function isJsonMediaType(mediaType: string): boolean {
  return /^[^/;]+\/(?:[^;]*\+)?json\s*(?:;|$)/i.test(mediaType);
}
