import type { SQSClient } from '@aws-sdk/client-sqs';
import { createPlacement } from '../../lambda/event/message-placement.ts';
import { refusesMessage } from '../../lambda/event/queue-refusals.ts';
import { createQueueSender } from '../../lambda/event/queue-sender.ts';
import type { ReplayMessage } from './replay-message.ts';

export interface RefusedMessage {
  message: ReplayMessage;
  reason: string;
}

/**
 * Sends messages: those of a group one after the other, so that they keep their order, and groups side by side. What is
 * too long for the queue is sent with its data in S3.
 *
 * @returns a function that resolves to the events that the queue does not take, and rejects when it accepts nothing more
 */
export function createReplaySender(client: SQSClient, queueUrl: string) {
  const place = createPlacement();
  const send = createQueueSender(client, queueUrl);
  const sendGroup = async (messages: readonly ReplayMessage[]): Promise<RefusedMessage[]> => {
    const refused: RefusedMessage[] = [];
    for (const message of messages) {
      const { body, offload } = message;
      const sent = offload
        ? place({ dataBytes: Buffer.byteLength(body), inline: () => message, offload }, send)
        : send(message);
      await sent.catch((error: unknown) => {
        if (!refusesMessage(error)) throw error;
        refused.push({ message, reason: String(error) });
      });
    }
    return refused;
  };
  return async (messages: readonly ReplayMessage[]): Promise<RefusedMessage[]> => {
    const groups = Map.groupBy(messages, ({ groupId }) => groupId);
    // If a group fails, the others end before that is told.
    const outcomes = await Promise.allSettled([...groups.values()].map(sendGroup));
    return outcomes.flatMap((outcome) => {
      if (outcome.status === 'rejected') throw outcome.reason;
      return outcome.value;
    });
  };
}
