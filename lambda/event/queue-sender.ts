import { SendMessageCommand, type SQSClient } from '@aws-sdk/client-sqs';
import type { QueueMessage } from './queue-message.ts';

/** Puts messages on a queue, with their FIFO ids if its name says that it takes them. */
export function createQueueSender(client: SQSClient, queueUrl: string, deadline?: () => { abortSignal: AbortSignal }) {
  return async ({ body, groupId, deduplicationId }: QueueMessage): Promise<void> => {
    const fifo = { MessageGroupId: groupId, MessageDeduplicationId: deduplicationId };
    const ids = queueUrl.endsWith('.fifo') ? fifo : {};
    const command = new SendMessageCommand({ QueueUrl: queueUrl, MessageBody: body, ...ids });
    const { MessageId } = await client.send(command, deadline?.());
    // A proxy that answers 200 in the place of SQS has queued nothing.
    if (!MessageId) throw new Error('SQS answered without a MessageId, so it is not known to have the event');
  };
}
