import { maxMessageBytes } from './queue-message.ts';
import { isTooLong } from './queue-refusals.ts';

/** An event on its way to a queue, before it is known where its data fits. */
export interface EventToPlace<Message extends { body: string }> {
  /** Bytes of the data. A message that holds it has more. */
  dataBytes: number;
  /** Writes the message with the data in it. */
  inline: () => Message;
  /** Moves the data to S3, and returns the message that says where it is. @param bytes of the message that is too large */
  offload: (bytes: number) => Promise<Message>;
}

/**
 * Decides where the data of events goes: into the message if the queue takes it, else to S3. How large a message may be is an
 * attribute of the queue, at most SQS's own limit, and only a refusal says it. The smallest size that was refused is
 * remembered, so that only the first such event costs a call that fails.
 *
 * @returns a function that sends an event, and resolves to the message that the queue took
 */
export function createPlacement() {
  let most = maxMessageBytes;
  return async <Message extends { body: string }>(
    { dataBytes, inline, offload }: EventToPlace<Message>,
    send: (message: Message) => Promise<void>,
  ): Promise<Message> => {
    let bytes = dataBytes;
    // Data that is too large by itself is not written into a message first.
    if (bytes <= most) {
      const message = inline();
      bytes = Buffer.byteLength(message.body);
      if (bytes <= most) {
        const refusal = await send(message).catch((error: unknown) => {
          if (dataBytes > 0 && isTooLong(error)) return error;
          throw error;
        });
        if (refusal === undefined) return message;
      }
    }
    const message = await offload(bytes);
    await send(message);
    // Now it is certain that the size was the reason.
    most = Math.min(most, bytes - 1);
    return message;
  };
}
