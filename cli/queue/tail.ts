import type { Message, SQSClient } from '@aws-sdk/client-sqs';
import { giveBack, receive, remove } from './queues.ts';

/**
 * Receives messages, waiting up to 20 s for one. Each is deleted after it was shown. If one cannot be shown, it and the
 * following ones become visible again at once.
 *
 * @param show resolves when a message is safely written
 * @param stop ends the wait, and does not show what follows
 */
export async function showAndRemove(
  client: SQSClient,
  queueUrl: string,
  show: (message: Message) => Promise<void>,
  stop?: AbortSignal,
): Promise<void> {
  const held = await receive(client, queueUrl, { wait: 20, stop });
  try {
    for (let message = held[0]; message !== undefined; message = held[0]) {
      stop?.throwIfAborted();
      await show(message);
      await remove(client, queueUrl, message);
      held.shift();
    }
  } finally {
    await giveBack(client, queueUrl, held);
  }
}
