import { parseQueuedEvent } from './attributes.ts';
import { inlineBody } from './inline-body.ts';
import { datarefMember, writeEvent } from './queue-message.ts';

/**
 * Makes a message small that a queue takes no more. The data goes where the receiver puts the data of large events, and what is
 * left is the message that the receiver itself would have queued.
 *
 * @param store stores data, and resolves to its `dataref`
 * @returns the message with a `dataref` in the place of its data, or unchanged if it has no data of its own
 * @throws {QueuedEventError} for a message that is no event of the receiver
 */
export async function moveData(
  message: string,
  store: (data: Uint8Array, contentType: string | undefined) => Promise<string>,
): Promise<string> {
  const event = parseQueuedEvent(message);
  const { data, data_base64, ...attributes } = event;
  if (data === undefined && data_base64 === undefined) return message;
  const dataref = await store(inlineBody(event, message), event.datacontenttype);
  return writeEvent(attributes, datarefMember(dataref));
}
