import { SetQueueAttributesCommand } from '@aws-sdk/client-sqs';
import type { SQSRecord } from 'aws-lambda';
import type { LocalQueue } from '../../sandbox/aws/queue.ts';
import { count, receive, release, remove } from './messages.ts';
import { type Fate, startProxy } from './proxy.ts';

/** The queue's visibility timeout, in seconds: see `lib/event-queue.ts`. */
const visibilitySeconds = 180;

/** Lambda's event source mapping, on a clock that jumps to when the next message comes back. */
export interface VirtualMapping {
  /** The SQS that the function calls. */
  url: string;
  /** How many milliseconds the clock has jumped. */
  jumped: () => number;
  /** Receives batches until the queue is empty. @returns the hours that passed */
  run: (invoke: InvokeAt, end?: End) => Promise<number>;
  close: () => Promise<void>;
}

/** Invokes a function. @param number how many invocations were before @param hours that have passed */
export type InvokeAt = (records: SQSRecord[], number: number, hours: number) => Promise<string[] | 'failed'>;

export interface End {
  /** A message that stays alone for three receives gets no more tries, because the others would be the same. */
  ofOneAlone: boolean;
}

interface Away {
  record: SQSRecord;
  due: number;
}

export async function startMapping(queue: LocalQueue): Promise<VirtualMapping> {
  const { client, queueUrl } = queue;
  const asked = new Map<string, number>();
  let jumped = 0;

  /** Visibility is kept here, on the virtual clock. Everything else is the queue's. */
  const proxy = await startProxy(queue.url, ({ headers, body }): Fate => {
    const target = String(headers['x-amz-target']);
    const input = target.startsWith('AmazonSQS.') ? JSON.parse(body) : {};
    if (target === 'AmazonSQS.GetQueueUrl')
      return { status: 200, body: JSON.stringify({ QueueUrl: `${proxy.url}${new URL(queueUrl).pathname}` }) };
    if (target !== 'AmazonSQS.ChangeMessageVisibilityBatch')
      return { changed: body.replace(proxy.url, new URL(queueUrl).origin) };
    for (const { ReceiptHandle, VisibilityTimeout } of input.Entries) asked.set(ReceiptHandle, VisibilityTimeout);
    const Successful = input.Entries.map(({ Id }: { Id: string }) => ({ Id }));
    return { status: 200, body: JSON.stringify({ Successful, Failed: [] }) };
  });

  const run = async (invoke: InvokeAt, end: End = { ofOneAlone: false }): Promise<number> => {
    const first = new Map<string, number>();
    let now = 0;
    let away: Away[] = [];
    let alone = 0;
    for (let number = 0; ; ) {
      const records = await receive(client, queueUrl);
      if (records.length === 0) {
        if ((await count(client, queueUrl)) === 0) return now / 3_600_000;
        const next = Math.min(...away.map(({ due }) => due));
        jumped += Math.max(0, next - now);
        now = Math.max(now, next);
        const back = away.filter(({ due }) => due <= now);
        if (back.length === 0) throw new Error('Messages are away that nobody knows');
        away = away.filter(({ due }) => due > now);
        // Those that the function deleted are gone.
        for (const { record } of back) await release(client, queueUrl, record).catch(() => {});
        continue;
      }
      alone = records.length === 1 && away.length === 0 ? alone + 1 : 0;
      // Its next receive makes it a dead letter.
      if (end.ofOneAlone && alone === 3) await setTries(queue, Number(records[0]?.attributes.ApproximateReceiveCount));
      for (const { messageId, attributes } of records) {
        if (!first.has(messageId)) first.set(messageId, now);
        attributes.ApproximateFirstReceiveTimestamp = String(Date.now() - (now - (first.get(messageId) ?? 0)));
      }
      const begun = Date.now();
      const answer = await invoke(records, number++, now / 3_600_000);
      const took = Date.now() - begun;
      now += took;
      const failed = records.filter(({ messageId }) => answer === 'failed' || answer.includes(messageId));
      await remove(
        client,
        queueUrl,
        records.filter((record) => !failed.includes(record)),
      );
      for (const record of failed) {
        const wait = asked.get(record.receiptHandle);
        away.push({ record, due: now + (wait === undefined ? visibilitySeconds * 1000 - took : wait * 1000) });
      }
    }
  };
  return { url: proxy.url, jumped: () => jumped, run, close: proxy.close };
}

/** Changes how often a message is received before it is a dead letter. */
export async function setTries({ client, queueUrl }: LocalQueue, maxReceiveCount: number): Promise<void> {
  const deadLetterTargetArn = 'arn:aws:sqs:us-east-1:000000000000:events-dead-letters.fifo';
  const RedrivePolicy = JSON.stringify({ deadLetterTargetArn, maxReceiveCount });
  await client.send(new SetQueueAttributesCommand({ QueueUrl: queueUrl, Attributes: { RedrivePolicy } }));
}
