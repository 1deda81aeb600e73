import {
  ChangeMessageVisibilityBatchCommand,
  DeleteMessageCommand,
  GetQueueAttributesCommand,
  type Message,
  ReceiveMessageCommand,
  type SQSClient,
} from '@aws-sdk/client-sqs';
import { type Command, Option } from 'commander';
import { environment } from '../../lambda/contract.ts';
import { QueuedEventError } from '../../lambda/event/attributes.ts';
import { moveData } from '../../lambda/event/claim-check.ts';
import { createPlacement } from '../../lambda/event/message-placement.ts';
import { storeIn } from '../../lambda/event/overflow-store.ts';
import type { QueueMessage } from '../../lambda/event/queue-message.ts';
import { MessageRefusedError } from '../../lambda/event/queue-refusals.ts';
import { createQueueSender } from '../../lambda/event/queue-sender.ts';
import { outputs } from '../../lambda/stack-outputs.ts';
import { readOutputs } from '../connections.ts';
import { UsageError } from '../options.ts';
import { connectS3, connectSqs } from '../places.ts';
import { targetOf } from '../target.ts';

/** How long S3 may take to store the data of an event, in milliseconds. */
const storeDeadline = 30_000;

export interface QueueOptions {
  stack?: string;
  queueUrl?: string;
  deadLetterQueueUrl?: string;
}

/** The event queue, the dead-letter queue, and a client for both. */
export interface Queues {
  client: SQSClient;
  queueUrl: string;
  deadLetterQueueUrl: () => string;
  /** Puts the data of an event that is too large for the queue into S3. @throws {Error} when nothing names the bucket */
  store: (data: Uint8Array, contentType: string | undefined) => Promise<string>;
}

export function addQueueOptions(command: Command): Command {
  return command
    .addOption(
      new Option('--stack <name>', 'the deployed stack whose queues to use').conflicts([
        'queueUrl',
        'deadLetterQueueUrl',
      ]),
    )
    .option('--queue-url <URL>', `the event queue (default: ${environment.queueUrl})`)
    .option('--dead-letter-queue-url <URL>', 'the dead-letter queue (default: DEAD_LETTER_QUEUE_URL)');
}

/** @param maxAttempts of each call, where SQS may be slow or busy for a while */
export async function connectQueues(
  { stack, ...options }: QueueOptions,
  settings: { maxAttempts?: number } = {},
): Promise<Queues> {
  const found = stack === undefined ? undefined : await readOutputs(stack);
  const { queueUrl, bucket } = targetOf({ stack, ...options }, found, process.env);
  const deadLetters = found
    ? found.get(outputs.deadLetterQueueUrl)
    : (options.deadLetterQueueUrl ?? process.env.DEAD_LETTER_QUEUE_URL);
  return {
    client: connectSqs(queueUrl, settings),
    queueUrl,
    store: async (data, contentType) => {
      if (bucket) return storeIn(bucket, connectS3(), storeDeadline)(data, contentType);
      throw new MessageRefusedError(
        `An event is larger than the queue takes: add --stack, or set ${environment.overflowBucket} to the bucket for its data.`,
      );
    },
    deadLetterQueueUrl: () => {
      if (deadLetters) return deadLetters;
      throw new UsageError(
        'No dead-letter queue is given: add --stack or --dead-letter-queue-url, or set DEAD_LETTER_QUEUE_URL.',
      );
    },
  };
}

/** Sends messages to the event queue. What is too long for it goes with its data in S3. */
export function createSender({ client, queueUrl, store }: Pick<Queues, 'client' | 'queueUrl' | 'store'>) {
  const place = createPlacement();
  const send = createQueueSender(client, queueUrl);
  return (message: Pick<QueueMessage, 'body' | 'groupId' | 'deduplicationId'>) => {
    const offload = async (bytes: number) => {
      const body = await moveData(message.body, store).catch((cause: unknown) => {
        if (!(cause instanceof QueuedEventError)) throw cause;
        const problem = `The message has ${bytes} bytes, which is more than the queue takes, and is no event`;
        throw new MessageRefusedError(problem, { cause });
      });
      return { ...message, body };
    };
    return place({ dataBytes: message.body.length, inline: () => message, offload }, send);
  };
}

/** What one call takes. */
const batchSize = 10;

/** How {@link receive} receives. */
interface Receive {
  /** Seconds to wait for the first message; at least 1, or SQS asks only some of its servers and may find nothing. @default 1 */
  wait?: number;
  /** Messages, of which SQS gives no more than ten. @default 10 */
  most?: number;
  /** Ends the wait with an error. */
  stop?: AbortSignal | undefined;
}

/**
 * Messages, invisible to everybody else for a minute.
 *
 * @returns none when SQS shows no further one. Its counts may be a minute old, so only this is the end of a queue
 */
export async function receive(
  client: SQSClient,
  QueueUrl: string,
  { wait = 1, most = batchSize, stop }: Receive = {},
): Promise<Message[]> {
  const { Messages = [] } = await client.send(
    new ReceiveMessageCommand({
      QueueUrl,
      MaxNumberOfMessages: Math.min(most, batchSize),
      WaitTimeSeconds: wait,
      VisibilityTimeout: 60,
      MessageSystemAttributeNames: ['All'],
    }),
    { abortSignal: stop },
  );
  return Messages;
}

/** Makes the messages visible again at once. If this fails, they become visible when their minute is over. */
export async function giveBack(
  client: SQSClient,
  QueueUrl: string,
  messages: readonly Pick<Message, 'ReceiptHandle'>[],
): Promise<void> {
  for (let start = 0; start < messages.length; start += batchSize) {
    const Entries = messages
      .slice(start, start + batchSize)
      .map(({ ReceiptHandle }, index) => ({ Id: String(index), ReceiptHandle, VisibilityTimeout: 0 }));
    await client.send(new ChangeMessageVisibilityBatchCommand({ QueueUrl, Entries })).catch(() => {});
  }
}

/** Works on one message after the other. Those that are left when it fails or is stopped become visible again at once. */
export async function forEach(
  client: SQSClient,
  queueUrl: string,
  messages: readonly Message[],
  stop: AbortSignal | undefined,
  work: (message: Message) => Promise<void>,
): Promise<void> {
  let done = 0;
  try {
    for (const message of messages) {
      stop?.throwIfAborted();
      await work(message);
      done++;
    }
  } finally {
    await giveBack(client, queueUrl, messages.slice(done));
  }
}

export async function remove(client: SQSClient, QueueUrl: string, { ReceiptHandle }: Message): Promise<void> {
  await client.send(new DeleteMessageCommand({ QueueUrl, ReceiptHandle }));
}

export async function readRedrivePolicy(
  client: SQSClient,
  QueueUrl: string,
): Promise<{ maxReceiveCount?: number | string; deadLetterTargetArn?: string }> {
  const command = new GetQueueAttributesCommand({ QueueUrl, AttributeNames: ['RedrivePolicy'] });
  const { Attributes } = await client.send(command);
  return JSON.parse(Attributes?.RedrivePolicy ?? '{}');
}

/** What CloudWatch and CloudFormation call a queue by. */
export function queueNameIn(url: string): string {
  return url.slice(url.lastIndexOf('/') + 1);
}

/** Whether SQS says that there is no such queue. Its name for that differs between protocols. */
export function isMissingQueue(error: unknown): boolean {
  return error instanceof Error && /NonExistentQueue|QueueDoesNotExist/.test(error.name);
}

/** As SQS counts, which may be a minute old: a hint, and never a reason to go on or to stop. */
export interface Counts {
  waiting: number;
  inFlight: number;
}

export async function countMessages(client: SQSClient, QueueUrl: string): Promise<Counts> {
  const { Attributes } = await client.send(
    new GetQueueAttributesCommand({
      QueueUrl,
      AttributeNames: ['ApproximateNumberOfMessages', 'ApproximateNumberOfMessagesNotVisible'],
    }),
  );
  return {
    waiting: Number(Attributes?.ApproximateNumberOfMessages ?? 0),
    inFlight: Number(Attributes?.ApproximateNumberOfMessagesNotVisible ?? 0),
  };
}
