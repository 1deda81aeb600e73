import type { Message, SQSClient } from '@aws-sdk/client-sqs';
import { giveBack, receive } from './queues.ts';
import { describe } from './shown-message.ts';

/**
 * Finds one message in a queue and keeps it invisible for a minute; all others become visible again.
 *
 * @param id of the event, or the one that SQS gave the message
 * @throws {Error} when none of the messages that SQS shows has it
 */
export async function findMessage(client: SQSClient, queueUrl: string, id: string): Promise<Message> {
  const others: Message[] = [];
  try {
    for (;;) {
      const messages = await receive(client, queueUrl, 1);
      if (messages.length === 0) break;
      const found = messages.find((message) => message.MessageId === id || describe(message).id === id);
      others.push(...messages.filter((message) => message !== found));
      if (found) return found;
    }
  } finally {
    await giveBack(client, queueUrl, others);
  }
  const reason = 'it is gone, a consumer has it, or it is behind other events about the same message';
  throw new Error(`None of the ${others.length} messages that ${queueUrl} shows has the id ${id}: ${reason}.`);
}
