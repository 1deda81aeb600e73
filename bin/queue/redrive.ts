import { createHash } from 'node:crypto';
import { type Message, SendMessageCommand, type SQSClient } from '@aws-sdk/client-sqs';
import { findMessage } from './find.ts';
import { countMessages, giveBack, type Queues, receive, remove } from './queues.ts';

/** Result of a redrive. */
export interface Redriven {
  redriven: number;
  /** Approximate number of messages that are still in the dead-letter queue. */
  left: number;
}

/**
 * Moves the dead letters back to the event queue, in order.
 *
 * @param progress called with the number that are moved
 */
export async function redrive(
  { client, queueUrl, deadLetterQueueUrl }: Queues,
  progress: (redriven: number) => void,
): Promise<Redriven> {
  const from = deadLetterQueueUrl();
  let redriven = 0;
  for (;;) {
    const messages = await receive(client, from, 1);
    if (messages.length === 0) break;
    for (const message of messages) {
      await sendAgain(client, queueUrl, message);
      await remove(client, from, message);
      redriven++;
    }
    progress(redriven);
  }
  const { waiting, inFlight } = await countMessages(client, from);
  return { redriven, left: waiting + inFlight };
}

/** Moves one dead letter back. @param id of the event or of the SQS message @throws {Error} when SQS does not show it */
export async function redriveOne({ client, queueUrl, deadLetterQueueUrl }: Queues, id: string): Promise<void> {
  const message = await findMessage(client, deadLetterQueueUrl(), id);
  await sendAgain(client, queueUrl, message);
  await remove(client, deadLetterQueueUrl(), message);
}

/** Finds a dead letter and leaves it there. @param id as for `redriveOne` @throws {Error} when no visible one has it */
export async function expectDeadLetter({ client, deadLetterQueueUrl }: Queues, id: string): Promise<void> {
  await giveBack(client, deadLetterQueueUrl(), [await findMessage(client, deadLetterQueueUrl(), id)]);
}

/** A message is sent before it is deleted, so a failure between the two can repeat a message but never lose it. */
async function sendAgain(client: SQSClient, queueUrl: string, { Body, Attributes, MessageId }: Message): Promise<void> {
  const group = Attributes?.MessageGroupId;
  // With the old deduplication id, SQS would drop the message as a repetition within five minutes.
  const id = createHash('sha256').update(`redrive ${MessageId}`).digest('hex');
  const fifo = queueUrl.endsWith('.fifo') ? { MessageGroupId: group ?? id, MessageDeduplicationId: id } : {};
  await client.send(new SendMessageCommand({ QueueUrl: queueUrl, MessageBody: Body, ...fifo }));
}
