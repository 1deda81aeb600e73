import { randomUUID } from 'node:crypto';
import { promisify } from 'node:util';
import { gzip } from 'node:zlib';
import { PutObjectCommand } from '@aws-sdk/client-s3';
import type { Archive } from '../cli/archive/archive-bucket.ts';
import { toArchiveLine } from '../lambda/archive/archive-line.ts';
import { archiveFileExtension, eventPartition, keyPartition } from '../lambda/archive-contract.ts';
import { eventTypes } from '../lambda/contract.ts';
import { toQueueMessage, type VerifiedRequest } from '../lambda/event/queue-message.ts';
import { toWire } from '../signing/sender.ts';
import type { TestKey } from '../test/support.ts';

/** Start of the archived day, and its middle, when the key is replaced. */
export const day = Date.parse('2026-11-24T00:00:00Z');
export const rotation = day + 12 * 3_600_000;
const hours = 24;
/** As many as Firehose writes, with one every 300 s. */
const objectsPerHour = 12;
/** Different requests in an hour; each is used many times. Together they are longer than the window of gzip. */
const signedPerHour = 150;

/** What was written. */
export interface Written {
  events: number;
  objects: number;
  bytes: number;
  /** Bytes of the lines before compression. */
  lineBytes: number;
}

/**
 * Archives a day of events. Each becomes a message as the receiver queues it, and then a line. The lines of five minutes
 * are one gzip object.
 *
 * To make an RSA signature takes longer than to verify it. So only 3,600 requests are signed, and each is used many times
 * with another request id. Their URL says `kind=webhook`: such an event has the id of its request, so each is a different
 * event whose signature must be verified.
 */
export async function writeDay(
  archive: Archive,
  count: number,
  keys: { old: TestKey; new: TestKey },
): Promise<Written> {
  const written: Written = { events: 0, objects: 0, bytes: 0, lineBytes: 0 };
  const slots = hours * objectsPerHour;
  for (let hour = 0; hour < hours; hour++) {
    const start = day + hour * 3_600_000;
    const requests = signHour(start, start < rotation ? keys.old : keys.new);
    for (let slot = hour * objectsPerHour; slot < (hour + 1) * objectsPerHour; slot++) {
      const events = Math.floor(((slot + 1) * count) / slots) - Math.floor((slot * count) / slots);
      if (events === 0) continue;
      const lines = Array.from({ length: events }, (_, index) => {
        const request = requests[(written.events + index) % requests.length] as VerifiedRequest;
        return `${toArchiveLine(toQueueMessage({ ...request, requestId: randomUUID() }).body)}\n`;
      });
      const text = Buffer.from(lines.join(''));
      const Body = await promisify(gzip)(text);
      const arrival = new Date(start + (slot % objectsPerHour) * 300_000);
      const Key = `${eventPartition(eventTypes.webhook, arrival)}${randomUUID()}${archiveFileExtension}`;
      await archive.client.send(new PutObjectCommand({ Bucket: archive.bucket, Key, Body }));
      written.events += events;
      written.objects++;
      written.bytes += Body.length;
      written.lineBytes += text.length;
    }
  }
  await writeKeys(archive, keys);
  return written;
}

function signHour(start: number, key: TestKey): VerifiedRequest[] {
  return Array.from({ length: signedPerHour }, (_, index) => {
    const date = new Date(start + Math.floor((index * 3_600_000) / signedPerHour));
    const wire = toWire(
      { method: 'POST', target: '/messagemedia?kind=webhook', contentType: 'application/json', body: report(date) },
      key,
      date,
    );
    return {
      ...{ method: wire.method, target: wire.target, body: wire.body, contentType: 'application/json' },
      date: wire.headers.date ?? '',
      signature: wire.headers['x-messagemedia-signature'] ?? '',
      digest: key.digest,
      keyId: key.id,
      requestId: '',
    };
  });
}

/** Makes a delivery report as long as MessageMedia's own. */
function report(date: Date): string {
  return JSON.stringify({
    vendor_account_id: { vendor_id: 'MessageMedia', account_id: 'MessageMedia123' },
    callback_url: 'https://webhooks.example.com/messagemedia?kind=delivery-report',
    delivery_report_id: randomUUID(),
    source_number: `+614${Math.random().toString().slice(2, 10)}`,
    date_received: date.toISOString(),
    status: 'delivered',
    delay: 0,
    submitted_date: new Date(date.getTime() - 995).toISOString(),
    original_text: `Your order ${randomUUID()} is on its way.`,
    message_id: randomUUID(),
    error_code: '220',
    metadata: { order: randomUUID() },
  });
}

async function writeKeys({ client, bucket }: Archive, keys: { old: TestKey; new: TestKey }): Promise<void> {
  const retired = { ...keys.old.answer, retired_at: new Date(rotation).toISOString() };
  const keyring = JSON.stringify({ keys: [retired, keys.new.answer] });
  const Key = `${keyPartition(new Date(day))}${randomUUID()}.json`;
  await client.send(new PutObjectCommand({ Bucket: bucket, Key, Body: keyring }));
}
