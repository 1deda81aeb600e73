import { setTimeout as sleep } from 'node:timers/promises';
import {
  type BatchResultErrorEntry,
  SendMessageBatchCommand,
  type SendMessageBatchResult,
  type SQSClient,
} from '@aws-sdk/client-sqs';
import { maxMessageBytes } from '../../lambda/event/queue-message.ts';
import { isTooLong, refusesMessage } from '../../lambda/event/queue-refusals.ts';
import type { ReplayMessage } from './replay-message.ts';

/** Most messages that SQS accepts in one batch. Together they may have as many bytes as one message. */
const mostEntries = 10;
/** An event that the queue does not take. */
export interface RefusedMessage {
  message: ReplayMessage;
  reason: string;
}

/** How often a message is sent if SQS fails to accept it, and the wait before the second try in milliseconds. */
const mostTries = 8;
const firstWait = 100;

/**
 * Sends messages so that those of a group keep their order. It sends only one message of a group at a time, because SQS may
 * accept some messages of a batch and not others. If the queue does not take a message because of its length, it is sent
 * with its data in S3.
 *
 * @param wait waits before a retry
 * @returns a function that resolves to the events that the queue does not take, and rejects when it accepts nothing more
 */
export function createReplaySender(
  client: SQSClient,
  queueUrl: string,
  wait: (milliseconds: number) => Promise<unknown> = sleep,
) {
  const sendOnce = batchSender(client, queueUrl);

  async function sendBatch(messages: readonly ReplayMessage[]): Promise<RefusedMessage[]> {
    const refused: RefusedMessage[] = [];
    let left = messages;
    for (let tries = 1; left.length > 0; tries++) {
      const again: ReplayMessage[] = [];
      let isBusy = false;
      for (const { message, error, isFinal } of await sendOnce(left)) {
        if (message.offload && isTooLong(error)) again.push(await message.offload());
        else if (refusesMessage(error)) refused.push({ message, reason: describe(error) });
        else if (isFinal || tries === mostTries)
          throw new Error(`SQS did not accept event ${message.id}: ${describe(error)}`);
        else {
          again.push(message);
          isBusy = true;
        }
      }
      if (isBusy) await wait(firstWait * 2 ** (tries - 1));
      left = again;
    }
    return refused;
  }

  return async (messages: readonly ReplayMessage[]): Promise<RefusedMessage[]> => {
    const refused: RefusedMessage[] = [];
    for (const round of roundsOf(messages)) {
      const outcomes = await Promise.allSettled(batchesOf(round).map(sendBatch));
      const failed = outcomes.find(({ status }) => status === 'rejected');
      if (failed) throw (failed as PromiseRejectedResult).reason;
      refused.push(...outcomes.flatMap((outcome) => (outcome.status === 'fulfilled' ? outcome.value : [])));
    }
    return refused;
  };
}

interface Failure {
  message: ReplayMessage;
  error: { name: string; message: string };
  /** Whether it is useless to send it again. */
  isFinal: boolean;
}

const describe = ({ name, message }: Failure['error']) => `${name} ${message}`.trim();

/** Sends a batch, in parts if the queue does not take so much at once. @returns what was not accepted */
function batchSender(client: SQSClient, queueUrl: string) {
  const isFifo = queueUrl.endsWith('.fifo');
  const send = (messages: readonly ReplayMessage[]): Promise<SendMessageBatchResult> => {
    const Entries = messages.map(({ body, groupId, deduplicationId }, index) => ({
      Id: String(index),
      MessageBody: body,
      ...(isFifo && { MessageGroupId: groupId, MessageDeduplicationId: deduplicationId }),
    }));
    return client.send(new SendMessageBatchCommand({ QueueUrl: queueUrl, Entries }));
  };
  return async function sendOnce(messages: readonly ReplayMessage[]): Promise<Failure[]> {
    const [first, ...others] = messages;
    let result: SendMessageBatchResult;
    try {
      result = await send(messages);
    } catch (error) {
      if (!(error instanceof Error) || !isTooLong(error) || first === undefined) throw error;
      if (others.length === 0) return [{ message: first, error, isFinal: true }];
      const half = Math.ceil(messages.length / 2);
      return [...(await sendOnce(messages.slice(0, half))), ...(await sendOnce(messages.slice(half)))];
    }
    const { Failed = [], Successful = [] } = result;
    if (Failed.length + Successful.length < messages.length)
      throw new Error(`SQS answered for ${Failed.length + Successful.length} of ${messages.length} messages`);
    return Failed.flatMap((entry) => toFailure(entry, messages));
  };
}

function toFailure(
  { Id, Code = '', Message = '', SenderFault = false }: BatchResultErrorEntry,
  messages: readonly ReplayMessage[],
): Failure[] {
  const message = messages[Number(Id)];
  return message ? [{ message, error: { name: Code, message: Message }, isFinal: SenderFault }] : [];
}

/** Splits messages into rounds with at most one message of each group. */
function roundsOf(messages: readonly ReplayMessage[]): ReplayMessage[][] {
  const rounds: ReplayMessage[][] = [];
  const counts = new Map<string, number>();
  for (const message of messages) {
    const index = counts.get(message.groupId) ?? 0;
    counts.set(message.groupId, index + 1);
    const round = rounds[index] ?? [];
    round.push(message);
    rounds[index] = round;
  }
  return rounds;
}

function batchesOf(messages: readonly ReplayMessage[]): ReplayMessage[][] {
  const batches: ReplayMessage[][] = [];
  let bytes = 0;
  for (const message of messages) {
    const size = Buffer.byteLength(message.body);
    const batch = batches.at(-1);
    if (batch === undefined || batch.length === mostEntries || bytes + size > maxMessageBytes) {
      batches.push([message]);
      bytes = size;
    } else {
      batch.push(message);
      bytes += size;
    }
  }
  return batches;
}
