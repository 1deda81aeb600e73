import { createHash } from 'node:crypto';
import type { Message } from '@aws-sdk/client-sqs';
import { refusesMessage } from '../../lambda/event/queue-refusals.ts';
import { findMessage } from './look.ts';
import { countMessages, createSender, forEach, giveBack, type Queues, receive, remove } from './queues.ts';

export interface Redriven {
  redriven: number;
  /** Those that the event queue does not take. They stay in the dead-letter queue. */
  refused: number;
  /** About how many messages are still in the dead-letter queue. SQS's count may be a minute old. */
  left: number;
}

/**
 * Moves the dead letters back to the event queue, in order, until SQS shows no more of them.
 *
 * @param progress called with the number that are moved
 * @param onRefused called for each that the event queue does not take
 * @param stop ends it after the message that is being moved
 */
export async function redrive(
  queues: Queues,
  progress: (redriven: number) => void,
  onRefused: (message: Message, error: unknown) => void,
  stop?: AbortSignal,
): Promise<Redriven> {
  const { client } = queues;
  const from = queues.deadLetterQueueUrl();
  const send = createResender(queues);
  // Given back at the end, or they would be received again at once. In a large queue they come again after a minute.
  const refused = new Map<string | undefined, Message>();
  let redriven = 0;
  const isTaken = async (message: Message) => {
    if (refused.has(message.MessageId)) return false;
    try {
      await send(message);
      return true;
    } catch (error) {
      if (!refusesMessage(error)) throw error;
      onRefused(message, error);
      return false;
    }
  };
  const move = async (message: Message) => {
    if (!(await isTaken(message))) return void refused.set(message.MessageId, message);
    await remove(client, from, message);
    redriven++;
  };
  try {
    for (;;) {
      stop?.throwIfAborted();
      const held = await receive(client, from);
      if (held.every(({ MessageId }) => refused.has(MessageId))) break;
      await forEach(client, from, held, stop, move);
      progress(redriven);
    }
  } finally {
    await giveBack(client, from, [...refused.values()]);
  }
  const { waiting, inFlight } = await countMessages(client, from);
  return { redriven, refused: refused.size, left: waiting + inFlight };
}

/** Moves one dead letter back. @param id of the event or of the SQS message @throws {Error} when SQS does not show it */
export async function redriveOne(queues: Queues, id: string, stop?: AbortSignal): Promise<void> {
  const { client } = queues;
  const from = queues.deadLetterQueueUrl();
  const send = createResender(queues);
  const found = await findMessage(client, from, id, { stop });
  await forEach(client, from, [found], undefined, async (message) => {
    await send(message);
    await remove(client, from, message);
  });
}

/** Finds a dead letter and leaves it there. @param id as for `redriveOne` @throws {Error} when no visible one has it */
export async function expectDeadLetter(
  { client, deadLetterQueueUrl }: Queues,
  id: string,
  stop?: AbortSignal,
): Promise<void> {
  const message = await findMessage(client, deadLetterQueueUrl(), id, { stop });
  await giveBack(client, deadLetterQueueUrl(), [message]);
}

/** A message is sent before it is deleted, so a failure between the two can repeat a message but never lose it. */
function createResender(queues: Queues) {
  const send = createSender(queues);
  return async ({ Body: body = '', Attributes, MessageId }: Message): Promise<void> => {
    // With the old deduplication id, SQS would drop the message as a repetition within five minutes.
    const deduplicationId = createHash('sha256').update(`redrive ${MessageId}`).digest('hex');
    await send({ body, groupId: Attributes?.MessageGroupId ?? deduplicationId, deduplicationId });
  };
}
