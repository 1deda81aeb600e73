import { DeleteMessageCommand, ReceiveMessageCommand, type SQSClient } from '@aws-sdk/client-sqs';
import { type FetchData, openQueuedEvent, type ReadEvent } from '../lambda/event/queued-event.ts';
import { reverify } from '../lambda/event/reverify.ts';
import type { VerificationKey } from '../lambda/keys/keyring.ts';

/** An event from the queue, and whether its signature is good, checked again with only the message and the keys. */
export interface ConsumedEvent extends ReadEvent {
  reverified: boolean;
}

const nowhere: FetchData = (dataref) => Promise.reject(new Error(`Nothing here can fetch ${dataref}`));

/** Receives and deletes up to ten messages, and fetches the data of large ones. */
export async function consume(
  client: SQSClient,
  queueUrl: string,
  keys: readonly VerificationKey[],
  fetchData: FetchData = nowhere,
): Promise<ConsumedEvent[]> {
  const { Messages = [] } = await client.send(
    new ReceiveMessageCommand({ QueueUrl: queueUrl, MaxNumberOfMessages: 10 }),
  );
  const events: ConsumedEvent[] = [];
  for (const { Body = '', ReceiptHandle } of Messages) {
    const read = await openQueuedEvent(Body, fetchData);
    events.push({ ...read, reverified: reverify(read, keys) === 'good' });
    await client.send(new DeleteMessageCommand({ QueueUrl: queueUrl, ReceiptHandle }));
  }
  return events;
}
