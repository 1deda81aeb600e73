import type { Message, SQSClient } from '@aws-sdk/client-sqs';
import { counted } from '../../terminal/text.ts';
import { countMessages, giveBack, readMaxTries, receive } from './queues.ts';

export interface Look {
  messages: Message[];
  /** What a person should know: messages that were not shown, and effects of the look. */
  notes: string[];
}

/**
 * What a look costs, for a warning before it: SQS says how often a message was received only when it is received again.
 *
 * @returns `undefined` if it costs nothing, because there is no dead-letter queue
 */
export async function costOfLook(client: SQSClient, queueUrl: string): Promise<string | undefined> {
  const most = await readMaxTries(client, queueUrl);
  if (most === undefined) return undefined;
  const one = `A look counts as one of the ${counted(most, 'try', 'tries')} of each message.`;
  return `${one} A message without a try left moves to the dead-letter queue and is not shown.`;
}

/**
 * Looks at messages and leaves them on the queue. SQS has no other way than to receive them, which counts as a try of each.
 *
 * @param count the most to look at
 */
export async function peek(client: SQSClient, queueUrl: string, count: number, stop?: AbortSignal): Promise<Look> {
  const held: Message[] = [];
  try {
    while (held.length < count) {
      stop?.throwIfAborted();
      const messages = await receive(client, queueUrl, { most: count - held.length });
      if (messages.length === 0) break;
      held.push(...messages);
    }
  } finally {
    await giveBack(client, queueUrl, held);
  }
  return {
    messages: held,
    notes: [...(await hidden(client, queueUrl, held, count)), ...(await spent(client, queueUrl, held))],
  };
}

async function hidden(client: SQSClient, queueUrl: string, held: readonly Message[], count: number): Promise<string[]> {
  if (!queueUrl.endsWith('.fifo') || held.length >= count) return [];
  const { waiting, inFlight } = await countMessages(client, queueUrl);
  const more = waiting + inFlight - held.length;
  if (more <= 0) return [];
  return [
    `About ${more} more are in the queue. SQS shows only the first events of each message, and none that a consumer has.`,
  ];
}

/** A message that was received as often as its queue allows moves to the dead-letter queue at the next receive, even by a look. */
async function spent(client: SQSClient, queueUrl: string, messages: readonly Message[]): Promise<string[]> {
  const most = (await readMaxTries(client, queueUrl)) ?? Number.POSITIVE_INFINITY;
  const last = messages.filter(
    ({ Attributes: { ApproximateReceiveCount = 0 } = {} }) => Number(ApproximateReceiveCount) >= most,
  );
  if (last.length === 0) return [];
  const spentAll = `${counted(last.length, 'message')} without a try left (of ${most})`;
  return [`${spentAll}: the next one, even a look, means the dead-letter queue.`];
}
