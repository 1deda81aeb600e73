import type { Message, SQSClient } from '@aws-sdk/client-sqs';
import { counted } from '../../terminal/text.ts';
import { countMessages, giveBack, receive } from './queues.ts';
import { describe } from './shown-message.ts';

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
