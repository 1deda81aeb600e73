import type { S3ClientConfig } from '@aws-sdk/client-s3';
import { parseQueuedEvent } from './attributes.ts';
import { inlineBody } from './inline-body.ts';
import { createOverflowStore } from './overflow-store.ts';
import { datarefMember, writeEvent } from './queue-message.ts';

/** How long S3 may take to store the data of one event, in milliseconds. */
const deadlineMilliseconds = 10_000;

/**
 * Makes messages small for a service that takes less than SQS, such as SNS. The data goes where the receiver puts the data
 * of large events, and what is left is the message that the receiver itself would have queued.
 *
 * @param bucket of the stack for the data of large events
 * @returns a function that returns the message with a `dataref` in the place of its data, or unchanged if it has no data of
 *   its own. It rejects with a `QueuedEventError` for a message that is no event of the receiver, and with the client's
 *   own error if S3 did not store the data
 */
export function createClaimCheck(bucket: string, config: S3ClientConfig): (message: string) => Promise<string> {
  const put = createOverflowStore(bucket, config, deadlineMilliseconds);
  return (message) => moveData(message, put);
}

/**
 * As {@link createClaimCheck} for one message.
 *
 * @param store stores data, and resolves to its `dataref`
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
