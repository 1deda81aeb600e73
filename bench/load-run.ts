import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { DeleteMessageBatchCommand, type Message, ReceiveMessageCommand } from '@aws-sdk/client-sqs';
import { describe } from '../cli/queue/shown-message.ts';
import { toWire, type WireRequest } from '../signing/sender.ts';
import type { LoadTarget } from './load-target.ts';

/** A request, and whether it must be accepted. */
interface Load {
  id: string;
  request: WireRequest;
  isGood: boolean;
}

/** What became of a load. */
export interface LoadReport {
  /** How many requests got each answer, such as `good, answered 202`. */
  answers: Map<string, number>;
  /** Good webhooks that were never answered with 202, and bad ones that were. */
  wrong: number;
  /** Different events that came off the queue. */
  events: number;
  /** Ids that were answered with 202, and are not in the queue. */
  missing: number;
  /** Ids that were in the queue more than once. */
  twice: number;
  /** Ids of the load in the queue that were never answered with 202. */
  unexplained: number;
  /** Events that are not of the load. They stay. */
  others: number;
  perSecond: number;
}

/** Of a hundred requests, 84 are good, 10 are bad, 5 are sent twice at once, and 1 is ten times as long as the others. */
function loadOf(index: number, { path, key }: LoadTarget): Load[] {
  const kind = index % 100;
  const id = randomUUID();
  const content = kind === 15 ? 'x'.repeat(4_000) : 'Hello';
  const body = JSON.stringify({ reply_id: id, message_id: randomUUID(), content, padding: 'y'.repeat(300) });
  const request = toWire({ method: 'POST', target: path, contentType: 'application/json', body }, key);
  if (kind < 10)
    return [{ id, isGood: false, request: { ...request, body: Buffer.from(body.replace('Hello', 'Hallo')) } }];
  const load = { id, request, isGood: true };
  return kind < 15 ? [load, load] : [load];
}

/** Sends until the request is accepted or refused, with retries like MessageMedia. @returns the last status, 0 without an answer */
async function sendOne(send: LoadTarget['send'], request: WireRequest): Promise<number> {
  for (let tries = 1; ; tries++) {
    const status = await send(request).then(
      (answer) => answer.status,
      () => 0,
    );
    if ((status > 0 && status < 500) || tries === 8) return status;
    await sleep(1_000 * tries);
  }
}

/**
 * Receives messages until it is told to stop and the queue shows none of the load, and counts how often each event came.
 * Only those of the load are deleted: others are somebody's.
 */
async function drain({ client, queueUrl }: LoadTarget['queue'], { sent, seen, others, isOver }: Drained) {
  for (;;) {
    const { Messages = [] } = await client.send(
      new ReceiveMessageCommand({ QueueUrl: queueUrl, MaxNumberOfMessages: 10, WaitTimeSeconds: 1 }),
    );
    const ours: Message[] = [];
    for (const message of Messages) {
      const { id } = describe(message);
      if (!sent.has(id)) others.add(id);
      else {
        ours.push(message);
        seen.set(id, (seen.get(id) ?? 0) + 1);
      }
    }
    const Entries = ours.map(({ ReceiptHandle }, index) => ({ Id: String(index), ReceiptHandle }));
    if (Entries.length > 0) await client.send(new DeleteMessageBatchCommand({ QueueUrl: queueUrl, Entries }));
    else if (isOver()) return;
  }
}

interface Drained {
  /** Ids of the load. */
  sent: ReadonlySet<string>;
  /** How often each of them came off the queue. */
  seen: Map<string, number>;
  /** Ids of other events on the queue. */
  others: Set<string>;
  isOver: () => boolean;
}

/**
 * Sends webhooks at a rate, whether or not earlier ones are answered, and takes the events from the queue.
 *
 * @param rate webhooks a second
 */
export async function runLoad(
  target: LoadTarget,
  { count, rate }: { count: number; rate: number },
): Promise<LoadReport> {
  const seen = new Map<string, number>();
  let isOver = false;
  const sent = new Set<string>();
  const others = new Set<string>();
  const consumers = Array.from({ length: 8 }, () => drain(target.queue, { sent, seen, others, isOver: () => isOver }));
  const answers = new Map<string, number>();
  const taken = new Set<string>();
  let wrong = 0;
  const sendLoad = async ({ id, request, isGood }: Load) => {
    const status = await sendOne(target.send, request);
    const answer = `${isGood ? 'good' : 'bad'}, ${status ? `answered ${status}` : 'not answered'}`;
    answers.set(answer, (answers.get(answer) ?? 0) + 1);
    if ((status === 202) !== isGood) wrong++;
    if (status === 202) taken.add(id);
  };

  const begun = performance.now();
  const calls = new Set<Promise<void>>();
  for (let index = 0; index < count; index++) {
    const due = begun + (index * 1000) / rate - performance.now();
    if (due > 1) await sleep(due);
    // Limits the calls in flight, for a machine that cannot keep up.
    while (calls.size > 400) await Promise.race(calls);
    for (const [share, begin, end] of target.outages) {
      if (index !== Math.floor(share * count)) continue;
      begin();
      setTimeout(end, 3_000);
    }
    for (const load of loadOf(index, target)) {
      sent.add(load.id);
      const call: Promise<void> = sendLoad(load).finally(() => calls.delete(call));
      calls.add(call);
    }
  }
  await Promise.all(calls);
  const perSecond = (1000 * count) / (performance.now() - begun);
  isOver = true;
  await Promise.all(consumers);
  return {
    answers,
    wrong,
    events: seen.size,
    missing: [...taken].filter((id) => !seen.has(id)).length,
    twice: [...seen.values()].filter((times) => times > 1).length,
    unexplained: [...seen.keys()].filter((id) => !taken.has(id)).length,
    others: others.size,
    perSecond,
  };
}

/** Whether every webhook that was accepted is an event exactly once, and nothing else is. */
export function isFaultless({ wrong, missing, twice, unexplained }: LoadReport): boolean {
  return wrong + missing + twice + unexplained === 0;
}
