import { SendMessageCommand, type SQSClient } from '@aws-sdk/client-sqs';
import type { QueueMessage } from './queue-message.ts';

/** Sends messages to a queue, with their FIFO ids if its name ends in `.fifo`. */
export function createQueueSender(client: SQSClient, queueUrl: string, deadline?: () => { abortSignal: AbortSignal }) {
  return async ({ body, groupId, deduplicationId }: QueueMessage): Promise<void> => {
    const fifo = { MessageGroupId: groupId, MessageDeduplicationId: deduplicationId };
    const ids = queueUrl.endsWith('.fifo') ? fifo : {};
    const command = new SendMessageCommand({ QueueUrl: queueUrl, MessageBody: body, ...ids });
    const { MessageId } = await client.send(command, deadline?.());
    // A proxy that answers 200 instead of SQS has queued nothing.
    if (!MessageId) throw new Error('SQS answered without a MessageId, so the event may not be queued');
  };
}
