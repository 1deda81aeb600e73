import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { DeleteMessageBatchCommand } from '@aws-sdk/client-sqs';
import { receive } from '../cli/queue/queues.ts';
import { describe } from '../cli/queue/shown-message.ts';
import { toWire, type WireRequest } from '../signing/sender.ts';
import type { LoadTarget } from './load-target.ts';

/** What became of a webhook. */
interface Fate {
  /** Whether it must be accepted. */
  isGood: boolean;
  isAccepted: boolean;
  /** How often its event came off the queue. */
  received: number;
}

/** What became of all of them. */
export interface LoadReport {
  /** How many were answered with 202. */
  accepted: number;
  /** Different events that came off the queue. */
  events: number;
  /** How many times each thing happened that never must. */
  faults: Record<string, number>;
  /** Events that are not of the load. They stay. */
  others: number;
}

/** Of a hundred webhooks, 84 are good, 10 are bad, 5 are sent twice at once, and 1 is ten times as long as the others. */
function webhookOf(index: number, { path, key }: LoadTarget) {
  const kind = index % 100;
  const isGood = kind >= 10;
  const id = randomUUID();
  const content = kind === 15 ? 'x'.repeat(4_000) : 'Hello';
  const body = JSON.stringify({ reply_id: id, message_id: randomUUID(), content, padding: 'y'.repeat(300) });
  const signed = toWire({ method: 'POST', target: path, contentType: 'application/json', body }, key);
  const request = isGood ? signed : { ...signed, body: Buffer.from(body.replace('Hello', 'Hallo')) };
  return { id, request, isGood, times: isGood && kind < 15 ? 2 : 1 };
}

/** Sends until the request is accepted or refused, with retries like MessageMedia. */
async function sendOne(send: LoadTarget['send'], request: WireRequest, fate: Fate): Promise<void> {
  for (let tries = 1; tries <= 8; tries++) {
    const { status } = await send(request).catch(() => ({ status: 0 }));
    if (status === 202) fate.isAccepted = true;
    if (status > 0 && status < 500) return;
    await sleep(1_000 * tries);
  }
}

/** Takes the load's events off the queue until all is sent and no more come. Others are somebody's, and stay. */
async function drain(
  { client, queueUrl }: LoadTarget['queue'],
  fates: Map<string, Fate>,
  others: Set<string>,
  isSent: () => boolean,
) {
  for (;;) {
    const messages = await receive(client, queueUrl);
    const Entries = messages.flatMap((message, index) => {
      const { id } = describe(message);
      const fate = fates.get(id);
      if (fate) fate.received++;
      else others.add(id);
      return fate ? [{ Id: String(index), ReceiptHandle: message.ReceiptHandle }] : [];
    });
    if (Entries.length > 0) await client.send(new DeleteMessageBatchCommand({ QueueUrl: queueUrl, Entries }));
    else if (isSent()) return;
  }
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
  const fates = new Map<string, Fate>();
  const others = new Set<string>();
  let isSent = false;
  const consumers = Array.from({ length: 8 }, () => drain(target.queue, fates, others, () => isSent));
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
    const { id, request, isGood, times } = webhookOf(index, target);
    const fate: Fate = { isGood, isAccepted: false, received: 0 };
    fates.set(id, fate);
    for (let time = 0; time < times; time++) {
      const call: Promise<void> = sendOne(target.send, request, fate).finally(() => calls.delete(call));
      calls.add(call);
    }
  }
  await Promise.all(calls);
  isSent = true;
  await Promise.all(consumers);
  const countOf = (is: (fate: Fate) => boolean) => [...fates.values()].filter(is).length;
  const faults = {
    'good without a 202, or bad with one': countOf((fate) => fate.isGood !== fate.isAccepted),
    'accepted, but not in the queue': countOf((fate) => fate.isAccepted && fate.received === 0),
    'in the queue more than once': countOf((fate) => fate.received > 1),
    'in the queue, but never answered with 202': countOf((fate) => !fate.isAccepted && fate.received > 0),
  };
  const [accepted, events] = [countOf((fate) => fate.isAccepted), countOf((fate) => fate.received > 0)];
  return { accepted, events, faults, others: others.size };
}

/** Whether every webhook that was accepted is an event exactly once, and nothing else is. */
export function isFaultless({ faults }: LoadReport): boolean {
  return Object.values(faults).every((times) => times === 0);
}
