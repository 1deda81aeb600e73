import { createHash } from 'node:crypto';
import {
  ChangeMessageVisibilityBatchCommand,
  DeleteMessageCommand,
  GetQueueUrlCommand,
  SQSClient,
} from '@aws-sdk/client-sqs';
import type { SQSRecord } from 'aws-lambda';
import { clientLimits } from './clients.ts';

/** A failed event waits as long again as it has failed, between these. 200 tries take 16 hours, see `lib/event-queue.ts`. */
const leastSeconds = 30;
const mostSeconds = 300;
/** How often an event may come back at once because there was no time for it. */
const quickReceives = 20;

const sqs = new SQSClient(clientLimits);
const urls = new Map<string, Promise<string>>();

/** Whether the batch holds an event that was received before. */
export function comesAgain(records: readonly SQSRecord[]): boolean {
  return records.some((record) => receivesOf(record) > 1);
}

/**
 * The groups of a batch that comes again in another order every time: an event that ends the process keeps only those
 * behind it from being handled. The order within a group stays.
 */
export function inNewOrder(records: readonly SQSRecord[]): SQSRecord[] {
  const rank = ([first]: SQSRecord[]) =>
    createHash('sha256')
      .update(`${first?.messageId} ${first && receivesOf(first)}`)
      .digest('hex');
  return [...Map.groupBy(records, groupOf).values()]
    .map((group) => ({ group, rank: rank(group) }))
    .sort((a, b) => (a.rank < b.rank ? -1 : 1))
    .flatMap(({ group }) => group);
}

export function groupOf({ attributes, messageId }: SQSRecord): string {
  return attributes.MessageGroupId ?? messageId;
}

/** Seconds until a failed event comes back. */
export function retryDelay({ attributes }: SQSRecord): number {
  const first = Number(attributes.ApproximateFirstReceiveTimestamp ?? Number.NaN);
  const failing = Math.round((Date.now() - first) / 1000) || 0;
  return Math.min(Math.max(failing, leastSeconds), mostSeconds);
}

/** Seconds until an event comes back that there was no time for. */
export function unbegunDelay(record: SQSRecord): number {
  return receivesOf(record) <= quickReceives ? 0 : retryDelay(record);
}

/** Says when events come back. Without it they do after the queue's visibility timeout. */
export async function handBack(delays: readonly { record: SQSRecord; seconds: number }[]): Promise<void> {
  const [first] = delays;
  if (first === undefined) return;
  const Entries = delays.map(({ record: { receiptHandle }, seconds }, index) => ({
    Id: String(index),
    ReceiptHandle: receiptHandle,
    VisibilityTimeout: seconds,
  }));
  const QueueUrl = await urlOf(first.record);
  await sqs.send(new ChangeMessageVisibilityBatchCommand({ QueueUrl, Entries }));
}

/** Deletes a handled event before Lambda does, which does it only if the function ends well. */
export async function deleteNow(record: SQSRecord): Promise<void> {
  const QueueUrl = await urlOf(record);
  await sqs.send(new DeleteMessageCommand({ QueueUrl, ReceiptHandle: record.receiptHandle }));
}

async function urlOf({ eventSourceARN: arn }: SQSRecord): Promise<string> {
  const url = urls.get(arn) ?? findUrl(arn);
  urls.set(arn, url);
  url.catch(() => urls.delete(arn));
  return url;
}

async function findUrl(arn: string): Promise<string> {
  const [, , , , account, name] = arn.split(':');
  const { QueueUrl = '' } = await sqs.send(
    new GetQueueUrlCommand({ QueueName: name, QueueOwnerAWSAccountId: account }),
  );
  return QueueUrl;
}

function receivesOf({ attributes }: SQSRecord): number {
  return Number(attributes.ApproximateReceiveCount ?? 1);
}
