import {
  ChangeMessageVisibilityCommand,
  DeleteMessageBatchCommand,
  GetQueueAttributesCommand,
  ReceiveMessageCommand,
  SendMessageBatchCommand,
  type SQSClient,
} from '@aws-sdk/client-sqs';
import type { SQSRecord } from 'aws-lambda';
import type { QueueMessage } from '../../lambda/event/queue-message.ts';
import type { LocalQueue } from '../../sandbox/aws/queue.ts';

/** The parts of a message that SQS needs. */
export type Outgoing = Pick<QueueMessage, 'body' | 'groupId' | 'deduplicationId'>;

/** Sends messages in the order given. */
export async function sendAll({ client, queueUrl }: LocalQueue, messages: readonly Outgoing[]): Promise<void> {
  for (let start = 0; start < messages.length; start += 10) {
    const Entries = messages.slice(start, start + 10).map(({ body, groupId, deduplicationId }, index) => ({
      Id: String(index),
      MessageBody: body,
      MessageGroupId: groupId,
      MessageDeduplicationId: deduplicationId,
    }));
    const { Failed = [] } = await client.send(new SendMessageBatchCommand({ QueueUrl: queueUrl, Entries }));
    if (Failed.length > 0) throw new Error(`SQS did not take ${Failed.length} messages`);
  }
}

/** Receives up to ten messages, in the form in which Lambda passes them to a function. */
export async function receive(client: SQSClient, queueUrl: string): Promise<SQSRecord[]> {
  const { Messages = [] } = await client.send(
    new ReceiveMessageCommand({
      QueueUrl: queueUrl,
      MaxNumberOfMessages: 10,
      VisibilityTimeout: 120,
      MessageSystemAttributeNames: ['All'],
    }),
  );
  return Messages.map(({ MessageId = '', ReceiptHandle = '', Body = '', MD5OfBody = '', Attributes }) =>
    toRecord({ messageId: MessageId, receiptHandle: ReceiptHandle, body: Body, md5OfBody: MD5OfBody }, Attributes),
  );
}

/** The record that Lambda makes from a message. */
export function toRecord(
  message: Pick<SQSRecord, 'messageId' | 'receiptHandle' | 'body' | 'md5OfBody'>,
  attributes: Record<string, string> = {},
): SQSRecord {
  return {
    ...message,
    attributes: attributes as unknown as SQSRecord['attributes'],
    messageAttributes: {},
    eventSource: 'aws:sqs',
    eventSourceARN: 'arn:aws:sqs:us-east-1:000000000000:events.fifo',
    awsRegion: 'us-east-1',
  };
}

export async function remove(client: SQSClient, queueUrl: string, records: readonly SQSRecord[]): Promise<void> {
  if (records.length === 0) return;
  const Entries = records.map(({ receiptHandle }, index) => ({ Id: String(index), ReceiptHandle: receiptHandle }));
  await client.send(new DeleteMessageBatchCommand({ QueueUrl: queueUrl, Entries }));
}

/** Makes a message visible again at once, so that tests need not wait for the visibility timeout. */
export async function release(client: SQSClient, queueUrl: string, { receiptHandle }: SQSRecord): Promise<void> {
  await client.send(
    new ChangeMessageVisibilityCommand({ QueueUrl: queueUrl, ReceiptHandle: receiptHandle, VisibilityTimeout: 0 }),
  );
}

/** How many messages a queue holds, with those in flight. */
export async function count(client: SQSClient, queueUrl: string): Promise<number> {
  const names = ['ApproximateNumberOfMessages', 'ApproximateNumberOfMessagesNotVisible'] as const;
  const { Attributes = {} } = await client.send(
    new GetQueueAttributesCommand({ QueueUrl: queueUrl, AttributeNames: [...names] }),
  );
  return names.reduce((sum, name) => sum + Number(Attributes[name]), 0);
}

/** Moves everything from the dead-letter queue back to the queue. */
export async function redrive(queue: LocalQueue): Promise<void> {
  const { client, deadLetterQueueUrl } = queue;
  for (;;) {
    const records = await receive(client, deadLetterQueueUrl);
    if (records.length === 0) return;
    for (const record of records) {
      const { MessageGroupId: groupId = '' } = record.attributes;
      // A redriven message is a new one. With the id of the old one, SQS would drop it as a repetition.
      await sendAll(queue, [{ body: record.body, groupId, deduplicationId: `redriven-${record.messageId}` }]);
      await remove(client, deadLetterQueueUrl, [record]);
    }
  }
}
