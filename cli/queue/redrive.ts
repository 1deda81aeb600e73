import { createHash } from 'node:crypto';
import type { Message } from '@aws-sdk/client-sqs';
import { QueuedEventError } from '../../lambda/event/attributes.ts';
import { moveData } from '../../lambda/event/claim-check.ts';
import { createPlacement } from '../../lambda/event/message-placement.ts';
import { MessageRefusedError, refusesMessage } from '../../lambda/event/queue-refusals.ts';
import { createQueueSender } from '../../lambda/event/queue-sender.ts';
import { findMessage } from './find.ts';
import { countMessages, giveBack, type Queues, receive, remove } from './queues.ts';

export interface Redriven {
  redriven: number;
  /** Those that the event queue does not take. They stay in the dead-letter queue. */
  refused: number;
  /** Approximate number of messages that are still in the dead-letter queue. */
  left: number;
}

/**
 * Moves the dead letters back to the event queue, in order.
 *
 * @param progress called with the number that are moved
 * @param onRefused called for each that the event queue does not take
 */
export async function redrive(
  queues: Queues,
  progress: (redriven: number) => void,
  onRefused: (message: Message, error: unknown) => void,
): Promise<Redriven> {
  const { client } = queues;
  const from = queues.deadLetterQueueUrl();
  const send = createSender(queues);
  const refused: Message[] = [];
  let redriven = 0;
  try {
    for (;;) {
      const messages = await receive(client, from, 1);
      if (messages.length === 0) break;
      for (const message of messages) {
        try {
          await send(message);
        } catch (error) {
          if (!refusesMessage(error)) throw error;
          refused.push(message);
          onRefused(message, error);
          continue;
        }
        await remove(client, from, message);
        redriven++;
      }
      progress(redriven);
    }
  } finally {
    // Not before, or they would be received again at once.
    await giveBack(client, from, refused);
  }
  const { waiting, inFlight } = await countMessages(client, from);
  return { redriven, refused: refused.length, left: waiting + inFlight };
}

/** Moves one dead letter back. @param id of the event or of the SQS message @throws {Error} when SQS does not show it */
export async function redriveOne(queues: Queues, id: string): Promise<void> {
  const { client, deadLetterQueueUrl } = queues;
  const message = await findMessage(client, deadLetterQueueUrl(), id);
  await createSender(queues)(message);
  await remove(client, deadLetterQueueUrl(), message);
}

/** Finds a dead letter and leaves it there. @param id as for `redriveOne` @throws {Error} when no visible one has it */
export async function expectDeadLetter({ client, deadLetterQueueUrl }: Queues, id: string): Promise<void> {
  await giveBack(client, deadLetterQueueUrl(), [await findMessage(client, deadLetterQueueUrl(), id)]);
}

/** A message is sent before it is deleted, so a failure between the two can repeat a message but never lose it. */
function createSender({ client, queueUrl, store }: Queues) {
  const place = createPlacement();
  const send = createQueueSender(client, queueUrl);
  return async ({ Body = '', Attributes, MessageId }: Message): Promise<void> => {
    // With the old deduplication id, SQS would drop the message as a repetition within five minutes.
    const deduplicationId = createHash('sha256').update(`redrive ${MessageId}`).digest('hex');
    const ids = { groupId: Attributes?.MessageGroupId ?? deduplicationId, deduplicationId };
    const offload = async (bytes: number) => {
      const body = await moveData(Body, store).catch((cause: unknown) => {
        if (!(cause instanceof QueuedEventError)) throw cause;
        const problem = `The message has ${bytes} bytes, which is more than the queue takes, and is no event`;
        throw new MessageRefusedError(problem, { cause });
      });
      return { ...ids, body };
    };
    await place({ dataBytes: Body.length, inline: () => ({ ...ids, body: Body }), offload }, send);
  };
}
