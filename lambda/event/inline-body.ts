import type { QueuedEvent } from '../contract.ts';
import { isJsonMediaType } from '../guards.ts';
import { QueuedEventError } from './attributes.ts';

/**
 * The data of an event that contains it, byte for byte. JSON is in the message verbatim, so it is cut out. Parsing and
 * writing it again would change its bytes.
 *
 * @param message from which the event was parsed
 * @throws {QueuedEventError} `invalid_data` when it is not where the receiver puts it
 */
export function inlineBody(event: QueuedEvent, message: string): Buffer {
  if (event.data_base64 !== undefined) return Buffer.from(event.data_base64, 'base64');
  if (event.data === undefined) return Buffer.alloc(0);
  if (!isJsonMediaType(String(event.datacontenttype))) {
    if (typeof event.data === 'string') return Buffer.from(event.data);
    throw new QueuedEventError('invalid_data', 'The data is not text, though datacontenttype is not JSON');
  }
  // The first match is the member itself, because in an earlier string the quotes would be escaped.
  const marker = ',"data":';
  const start = message.indexOf(marker);
  if (start === -1) throw notLast();
  return Buffer.from(message.slice(start + marker.length, message.lastIndexOf('}')));
}

/** The error for a message with members after its data. */
export function notLast(): QueuedEventError {
  return new QueuedEventError('invalid_data', 'The data is not the last member of the event');
}
