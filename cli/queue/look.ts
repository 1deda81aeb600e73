import type { Message, SQSClient } from '@aws-sdk/client-sqs';
import { counted } from '../../terminal/text.ts';
import { countMessages, forEach, giveBack, readRedrivePolicy, receive, remove } from './queues.ts';
import { describe } from './shown-message.ts';

/**
 * What a look costs, for a warning before it: SQS says how often a message was received only when it is received again.
 *
 * @returns `undefined` if it costs nothing, because there is no dead-letter queue
 */
export async function costOfLook(client: SQSClient, queueUrl: string): Promise<string | undefined> {
  const { maxReceiveCount: most } = await readRedrivePolicy(client, queueUrl);
  if (most === undefined) return undefined;
  const one = `A look counts as one of the ${counted(Number(most), 'try', 'tries')} of each message.`;
  return `${one} A message without a try left moves to the dead-letter queue and is not shown.`;
}

/**
 * Looks at messages and leaves them on the queue. SQS has no other way than to receive them, which counts as a try of each.
 *
 * @param count the most to look at
 * @returns also a note for a person about messages that were not shown
 */
export async function peek(
  client: SQSClient,
  queueUrl: string,
  count: number,
  stop?: AbortSignal,
): Promise<{ messages: Message[]; note?: string }> {
  const messages: Message[] = [];
  try {
    for (let isAll = false; !isAll && messages.length < count; ) {
      stop?.throwIfAborted();
      const next = await receive(client, queueUrl, { most: count - messages.length });
      isAll = next.length === 0;
      messages.push(...next);
    }
  } finally {
    await giveBack(client, queueUrl, messages);
  }
  if (!queueUrl.endsWith('.fifo') || messages.length >= count) return { messages };
  const { waiting, inFlight } = await countMessages(client, queueUrl);
  const more = waiting + inFlight - messages.length;
  const why = 'SQS shows only the first events of each message, and none that a consumer has.';
  return { messages, ...(more > 0 && { note: `About ${more} more are in the queue. ${why}` }) };
}

/**
 * Receives messages, waiting up to 20 s for one. Each is deleted after it was shown. If one cannot be shown, it and the
 * following ones become visible again at once.
 *
 * @param show resolves when a message is safely written
 * @param stop ends the wait, and does not show what follows
 */
export async function showAndRemove(
  client: SQSClient,
  queueUrl: string,
  show: (message: Message) => Promise<void>,
  stop?: AbortSignal,
): Promise<void> {
  const messages = await receive(client, queueUrl, { wait: 20, stop });
  await forEach(client, queueUrl, messages, stop, async (message) => {
    await show(message);
    await remove(client, queueUrl, message);
  });
}

/** How far a search goes. */
interface Bounds {
  /** Ends it at once. */
  stop?: AbortSignal | undefined;
  /** Messages that it looks at. */
  most?: number;
  /** Milliseconds: so much less than the minute for which messages are held that none is received twice. */
  longest?: number;
}

/**
 * Finds one message in a queue and keeps it invisible for a minute; all others become visible again.
 *
 * @param id of the event, or the one that SQS gave the message
 * @throws {Error} when none of the messages that it looked at has it
 */
export async function findMessage(
  client: SQSClient,
  queueUrl: string,
  id: string,
  { stop, most = 5_000, longest = 40_000 }: Bounds = {},
): Promise<Message> {
  // Without their bodies, of which each may have a megabyte.
  const others: Pick<Message, 'ReceiptHandle'>[] = [];
  const end = performance.now() + longest;
  let isAll = false;
  try {
    while (!isAll && others.length < most && performance.now() < end) {
      const messages = await receive(client, queueUrl, { most: most - others.length });
      isAll = messages.length === 0;
      const found = messages.find((message) => message.MessageId === id || describe(message).id === id);
      const rest = messages.filter((message) => message !== found || stop?.aborted);
      others.push(...rest.map(({ ReceiptHandle }) => ({ ReceiptHandle })));
      stop?.throwIfAborted();
      if (found) return found;
    }
  } finally {
    await giveBack(client, queueUrl, others);
  }
  throw new Error(await whyNotFound(client, queueUrl, id, { looked: others.length, isAll }));
}

async function whyNotFound(
  client: SQSClient,
  queueUrl: string,
  id: string,
  { looked, isAll }: { looked: number; isAll: boolean },
): Promise<string> {
  const { waiting, inFlight } = await countMessages(client, queueUrl);
  const unseen = Math.max(0, waiting + inFlight - looked);
  const more = `About ${unseen} more ${unseen === 1 ? 'was' : 'were'} not looked at`;
  const none =
    looked === 0
      ? `${queueUrl} showed no message, so none with the id ${id}`
      : `None of the ${counted(looked, 'message')} that ${queueUrl} showed has the id ${id}`;
  if (!isAll) {
    const mend = 'let consumers (or "mmw queue redrive") take what is before it, then try again';
    return `${none}. ${more}, because a longer search would spend a second try of each: ${mend}.`;
  }
  const reason = 'it is gone, a consumer has it, or it is behind other events about the same message';
  return `${none}: ${reason}.${unseen === 0 ? '' : ` ${more}.`}`;
}
