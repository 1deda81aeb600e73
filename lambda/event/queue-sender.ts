import { SendMessageCommand, type SendMessageCommandOutput } from '@aws-sdk/client-sqs';
import { type Deadline, withDeadline } from '../deadline.ts';
import type { QueueMessage } from './queue-message.ts';

/**
 * Settings of a client of SQS. Its endpoint is the region's or AWS_ENDPOINT_URL_SQS, never the host in the queue's URL.
 * MD5 adds nothing to TLS and the event's own signature, and FIPS does not allow it.
 */
export const queueSettings = { useQueueUrlAsEndpoint: false, md5: false } as const;

type Sent = Pick<QueueMessage, 'body' | 'groupId' | 'deduplicationId'>;

/** A client of SQS, or what passes its calls on. */
interface QueueClient {
  send(command: SendMessageCommand, options?: Deadline): Promise<SendMessageCommandOutput>;
}

/**
 * Sends messages to a queue, with their FIFO ids if its name ends in `.fifo`.
 *
 * @param deadline how long a send may take with all its tries, in milliseconds. Without one it is as long as the client tries
 */
export function createQueueSender(client: QueueClient, queueUrl: string, deadline?: number) {
  return async ({ body, groupId, deduplicationId }: Sent): Promise<void> => {
    const fifo = { MessageGroupId: groupId, MessageDeduplicationId: deduplicationId };
    const ids = queueUrl.endsWith('.fifo') ? fifo : {};
    const command = new SendMessageCommand({ QueueUrl: queueUrl, MessageBody: body, ...ids });
    const { MessageId } = await (deadline === undefined
      ? client.send(command)
      : withDeadline(deadline, (options) => client.send(command, options)));
    // A proxy that answers 200 instead of SQS has queued nothing.
    if (!MessageId) throw new Error('SQS answered without a MessageId, so the event may not be queued');
  };
}
