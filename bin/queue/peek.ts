import type { Message, SQSClient } from '@aws-sdk/client-sqs';
import { countMessages, giveBack, readMaxTries, receive } from './queues.ts';

/** What a look at a queue found. */
export interface Look {
  messages: Message[];
  /** What a person should know of what the look did not show, or did. */
  notes: string[];
}

/**
 * What a look costs. SQS tells nobody how often a message was tried before it is received, so it is told before the look.
 *
 * @returns `undefined` when it costs nothing: nothing is waiting, or there is no dead-letter queue behind
 */
export async function costOfLook(client: SQSClient, queueUrl: string): Promise<string | undefined> {
  const most = await readMaxTries(client, queueUrl);
  if (most === undefined || (await countMessages(client, queueUrl)).waiting === 0) return undefined;
  return `A look counts as one of the ${most} tries of each message. One that has had ${most} goes to the dead-letter queue and is not shown.`;
}

/**
 * Looks at messages and leaves them on the queue. SQS has no other way than to receive them, which counts as a try of each.
 *
 * @param count the most to look at
 */
export async function peek(client: SQSClient, queueUrl: string, count: number): Promise<Look> {
  const held: Message[] = [];
  try {
    while (held.length < count) {
      const messages = await receive(client, queueUrl, 1);
      if (messages.length === 0) break;
      held.push(...messages);
    }
  } finally {
    await giveBack(client, queueUrl, held);
  }
  const messages = held.slice(0, count);
  return {
    messages,
    notes: [...(await hidden(client, queueUrl, held, count)), ...(await spent(client, queueUrl, messages))],
  };
}

async function hidden(client: SQSClient, queueUrl: string, held: readonly Message[], count: number): Promise<string[]> {
  if (!queueUrl.endsWith('.fifo') || held.length >= count) return [];
  const { waiting, inFlight } = await countMessages(client, queueUrl);
  const more = waiting + inFlight - held.length;
  if (more <= 0) return [];
  return [
    `About ${more} more are there: SQS shows only the first events of each message, and none that a consumer has.`,
  ];
}

/** A message that was received as often as its queue allows goes to the dead-letter queue at the next try, a look too. */
async function spent(client: SQSClient, queueUrl: string, messages: readonly Message[]): Promise<string[]> {
  const most = (await readMaxTries(client, queueUrl)) ?? Number.POSITIVE_INFINITY;
  const last = messages.filter(
    ({ Attributes: { ApproximateReceiveCount = 0 } = {} }) => Number(ApproximateReceiveCount) >= most,
  );
  if (last.length === 0) return [];
  return [`${last.length} had ${most} tries: the next one, be it a look, moves them to the dead-letter queue.`];
}
