import {
  DeleteMessageCommand,
  type Message,
  ReceiveMessageCommand,
  SendMessageCommand,
  type SQSClient,
} from '@aws-sdk/client-sqs';
import { toQueueMessage } from '../../../lambda/event/queue-message.ts';

/** An event to put on a queue. */
export interface PutEvent {
  /** Of the delivery report, and so of the event. */
  id: string;
  /** Events of one message are a group of the queue. */
  message: string;
  /** Replaces attributes of the event, also with values that the receiver never writes. */
  attributes?: object;
  /** Further fields of its data. */
  fields?: object;
}

/** Sends an event to a queue as the receiver does. @returns the id that SQS gave the message */
export async function put(
  client: SQSClient,
  QueueUrl: string,
  { id, message, attributes, fields }: PutEvent,
): Promise<string> {
  const { body, groupId, deduplicationId } = toQueueMessage({
    method: 'POST',
    target: '/messagemedia',
    date: 'Wed, 18 Jul 2018 06:33:52 GMT',
    body: Buffer.from(JSON.stringify({ delivery_report_id: id, message_id: message, ...fields })),
    signature: 'c2lnbmF0dXJl',
    digest: 'SHA256',
    keyId: undefined,
    contentType: 'application/json',
    requestId: 'r',
  });
  const MessageBody = JSON.stringify({ ...JSON.parse(body), ...attributes });
  const ids = { MessageGroupId: groupId, MessageDeduplicationId: deduplicationId };
  const { MessageId = '' } = await client.send(new SendMessageCommand({ QueueUrl, MessageBody, ...ids }));
  return MessageId;
}

/** Takes everything off a queue, in the order in which SQS gives it. */
export async function takeAll(client: SQSClient, QueueUrl: string): Promise<Message[]> {
  const all: Message[] = [];
  for (;;) {
    const command = { QueueUrl, MaxNumberOfMessages: 10, MessageSystemAttributeNames: ['All' as const] };
    const { Messages = [] } = await client.send(new ReceiveMessageCommand(command));
    if (Messages.length === 0) return all;
    all.push(...Messages);
    for (const { ReceiptHandle } of Messages) await client.send(new DeleteMessageCommand({ QueueUrl, ReceiptHandle }));
  }
}

export const idOf = ({ Body = '' }: Message): string => JSON.parse(Body).id;
