import { setTimeout as sleep } from 'node:timers/promises';
import { SendMessageBatchCommand, type SQSClient } from '@aws-sdk/client-sqs';
import { maxMessageBytes } from '../../lambda/event/queue-message.ts';
import type { ReplayMessage } from './replay-message.ts';

/** Most messages that SQS accepts in one batch. Together they may have as many bytes as one message. */
const mostEntries = 10;
/** How often a message is sent if SQS fails to accept it, and the wait before the second try in milliseconds. */
const mostTries = 8;
const firstWait = 100;

/**
 * Sends messages so that those of a group keep their order. It sends only one message of a group at a time, because SQS may
 * accept some messages of a batch and not others.
 *
 * @param wait waits before a retry
 * @returns a function that rejects when SQS does not accept a message
 */
export function createReplaySender(
  client: SQSClient,
  queueUrl: string,
  wait: (milliseconds: number) => Promise<unknown> = sleep,
) {
  const isFifo = queueUrl.endsWith('.fifo');

  async function sendBatch(messages: readonly ReplayMessage[]): Promise<void> {
    let left = messages;
    for (let tries = 1; left.length > 0; tries++) {
      const Entries = left.map(({ body, groupId, deduplicationId }, index) => ({
        Id: String(index),
        MessageBody: body,
        ...(isFifo && { MessageGroupId: groupId, MessageDeduplicationId: deduplicationId }),
      }));
      const { Failed = [], Successful = [] } = await client.send(
        new SendMessageBatchCommand({ QueueUrl: queueUrl, Entries }),
      );
      const refused = Failed.find(({ SenderFault }) => SenderFault) ?? (tries === mostTries ? Failed[0] : undefined);
      if (refused) {
        const { id } = left[Number(refused.Id)] ?? {};
        throw new Error(`SQS did not accept event ${id}: ${refused.Code} ${refused.Message ?? ''}`.trim());
      }
      if (Failed.length + Successful.length < left.length) {
        throw new Error(`SQS answered for ${Failed.length + Successful.length} of ${left.length} messages`);
      }
      left = Failed.flatMap(({ Id }) => left[Number(Id)] ?? []);
      if (left.length > 0) await wait(firstWait * 2 ** (tries - 1));
    }
  }

  return async (messages: readonly ReplayMessage[]): Promise<void> => {
    for (const round of roundsOf(messages)) {
      const outcomes = await Promise.allSettled(batchesOf(round).map(sendBatch));
      const failed = outcomes.find(({ status }) => status === 'rejected');
      if (failed) throw (failed as PromiseRejectedResult).reason;
    }
  };
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
