import { createHash } from 'node:crypto';
import { type Message, SendMessageCommand, type SQSClient } from '@aws-sdk/client-sqs';
import { findMessage } from './find.ts';
import { countMessages, giveBack, type Queues, receive, remove } from './queues.ts';

/** What a redrive did. */
export interface Redriven {
  redriven: number;
  /** What is still behind the queue, about. */
  left: number;
}

/**
 * Brings the dead letters back to the queue, in order.
 *
 * @param progress told how many are back
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

/** Brings one dead letter back. @param id of the event or of the SQS message @throws {Error} when it is not to be seen */
export async function redriveOne({ client, queueUrl, deadLetterQueueUrl }: Queues, id: string): Promise<void> {
  const message = await findMessage(client, deadLetterQueueUrl(), id);
  await sendAgain(client, queueUrl, message);
  await remove(client, deadLetterQueueUrl(), message);
}

/** Looks for a dead letter and leaves it there. @param id as for `redriveOne` @throws {Error} when it is not to be seen */
export async function expectDeadLetter({ client, deadLetterQueueUrl }: Queues, id: string): Promise<void> {
  await giveBack(client, deadLetterQueueUrl(), [await findMessage(client, deadLetterQueueUrl(), id)]);
}

/** Sent before it is deleted: whatever happens between the two, a message may come twice but is never lost. */
async function sendAgain(client: SQSClient, queueUrl: string, { Body, Attributes, MessageId }: Message): Promise<void> {
  const group = Attributes?.MessageGroupId;
  // SQS would take the old deduplication id for a repetition, if the first sending is less than five minutes ago.
  const id = createHash('sha256').update(`redrive ${MessageId}`).digest('hex');
  const fifo = queueUrl.endsWith('.fifo') ? { MessageGroupId: group ?? id, MessageDeduplicationId: id } : {};
  await client.send(new SendMessageCommand({ QueueUrl: queueUrl, MessageBody: Body, ...fifo }));
}
