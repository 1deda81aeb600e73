import { createHash } from 'node:crypto';
import { gzipSync } from 'node:zlib';
import { CreateBucketCommand, PutObjectCommand, type S3Client } from '@aws-sdk/client-s3';
import type { Archive } from '../../../cli/archive/archive-bucket.ts';
import { toArchiveLine } from '../../../lambda/archive/archive-line.ts';
import { archiveFileExtension, eventPartition, keyPartition } from '../../../lambda/archive-contract.ts';
import type { EventType } from '../../../lambda/contract.ts';
import { toQueueMessage } from '../../../lambda/event/queue-message.ts';
import { type LocalQueue, startQueue } from '../../../sandbox/aws/queue.ts';
import { toWire, type Webhook } from '../../../signing/sender.ts';
import type { TestKey } from '../../support.ts';

/** What fills an archive. */
export interface Filling {
  /** Puts an object of lines where events of a type are that came in an hour. @returns its key */
  put: (type: EventType, arrival: string, lines: readonly string[], name?: string) => Promise<string>;
  putObject: (key: string, body: Uint8Array | string) => Promise<string>;
  /** Puts the keyring of a day. */
  putKeys: (day: string, keyring: string) => Promise<string>;
}

/** An archive in a local S3, and what fills it. */
export interface LocalArchive extends Archive, Filling {
  /** The S3, and an SQS beside it. */
  queue: LocalQueue;
}

/** Starts a local S3 and SQS with an empty archive. */
export async function startArchive(): Promise<LocalArchive> {
  const queue = await startQueue();
  const { storage: client } = queue;
  const bucket = 'archive';
  await client.send(new CreateBucketCommand({ Bucket: bucket }));
  return { queue, client, bucket, ...fillArchive(client, bucket) };
}

export function fillArchive(client: S3Client, bucket: string): Filling {
  let objects = 0;
  const putObject = async (key: string, body: Uint8Array | string) => {
    await client.send(new PutObjectCommand({ Bucket: bucket, Key: key, Body: body }));
    return key;
  };
  return {
    putObject,
    put: (type, arrival, lines, name = `object-${String(++objects).padStart(4, '0')}`) =>
      putObject(
        `${eventPartition(type, new Date(arrival))}${name}${archiveFileExtension}`,
        gzipSync(lines.map((line) => `${line}\n`).join('')),
      ),
    putKeys: (day, keyring) =>
      putObject(`${keyPartition(new Date(day))}${createHash('sha256').update(keyring).digest('hex')}.json`, keyring),
  };
}

/** A message as the receiver queues it for a webhook that was signed at a time, or with this value of `Date`. */
export function messageOf(key: TestKey, signed: string, body: object | string, webhook: Partial<Webhook> = {}): string {
  const text = typeof body === 'string' ? body : JSON.stringify(body);
  const wire = toWire(
    { method: 'POST', target: '/messagemedia', contentType: 'application/json', body: text, ...webhook },
    key,
    signed.endsWith('GMT') ? signed : new Date(signed),
  );
  return toQueueMessage({
    method: wire.method,
    target: wire.target,
    date: wire.headers.date ?? '',
    body: wire.body,
    signature: wire.headers['x-messagemedia-signature'] ?? '',
    digest: key.digest,
    keyId: key.id,
    contentType: webhook.contentType ?? 'application/json',
    requestId: `request-${Math.random()}`,
  }).body;
}

/** A delivery report as a line of the archive. */
export function reportLine(key: TestKey, signed: string, id: string, fields: object = {}): string {
  return toArchiveLine(
    messageOf(key, signed, { delivery_report_id: id, message_id: 'm', status: 'delivered', ...fields }),
  );
}

/** A message whose event was fetched, as no webhook had brought it. */
export function polledMessage(time: string, id: string): string {
  const attributes = { specversion: '1.0', id, source: 'urn:messagemedia', type: 'com.messagemedia.reply', time };
  return JSON.stringify({
    ...attributes,
    datacontenttype: 'application/json',
    mmorigin: 'poll',
    data: { reply_id: id },
  });
}

/** All that comes. */
export async function collect<Item>(items: AsyncIterable<Item>): Promise<Item[]> {
  const all: Item[] = [];
  for await (const item of items) all.push(item);
  return all;
}
