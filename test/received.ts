import { createHash } from 'node:crypto';
import type { QueuedEvent } from '../lambda/contract.ts';
import type { QueueMessage } from '../lambda/event/queue-message.ts';
import { type ReadEvent, readQueuedEvent } from '../lambda/event/queued-event.ts';
import { createKeyring } from '../lambda/keys/keyring-cache.ts';
import { createReceiver } from '../lambda/receiver/receiver.ts';
import { sampleWebhooks } from '../signing/sample-webhooks.ts';
import { toWire, type Webhook } from '../signing/sender.ts';
import { httpApiEvent, keyringOf, type TestKey } from './support.ts';

/** Lets the real receiver verify signed webhooks, and returns the message that it queues for each. */
export function startReceiver(key: TestKey): (webhook: Webhook) => Promise<QueueMessage> {
  const now = () => Date.now();
  const keyring = createKeyring({ load: async () => keyringOf(key), now, warn: () => {} });
  return async (webhook) => {
    let sent: QueueMessage | undefined;
    const send = async (message: QueueMessage) => {
      sent = message;
    };
    const receive = createReceiver({ keyring, send, now, toleranceSeconds: 900, report: () => {} });
    const { statusCode, body } = await receive(httpApiEvent(toWire(webhook, key)), 'invocation');
    if (sent === undefined) throw new Error(`The receiver answered ${statusCode} ${body}`);
    return sent;
  };
}

/** Webhooks whose events cover every form of a queued message. */
export function webhooksOfEveryForm(path: string): Record<string, Webhook> {
  const json = (body: string | Buffer): Webhook => ({
    method: 'POST',
    target: path,
    contentType: 'application/json',
    body,
  });
  return {
    ...sampleWebhooks(path),
    'JSON to the byte': json(' {"b":12345678901234567890.10,\n\t"a":1,"a":2, "\\u0041":"\\/ \\ud83d"}\n'),
    'JSON that is no object': json('[1,null,"👍🏽"]'),
    'JSON null': json('null'),
    'JSON that SQS refuses as text': json(Buffer.from('{"reply_id":"r-64","content":"\uffff"}')),
    'bytes that are no text': { method: 'PATCH', target: path, contentType: 'image/png', body: Buffer.from([0xff, 0]) },
    'report as form': {
      method: 'POST',
      target: `${path}?kind=delivery-report`,
      contentType: 'application/x-www-form-urlencoded',
      body: 'delivery_report_id=d-1&message_id=m-1&status=delivered&content=%F0%9F%91%8D',
    },
  };
}

/** The bucket that `offload` puts data in. */
export const bucket = 'large-events';

/** Moves the data of an event to S3, as the receiver does if the event is too large for SQS. */
export function offload(message: string, body: Uint8Array): { message: string; key: string } {
  const { data: _data, data_base64: _base64, ...attributes }: QueuedEvent = JSON.parse(message);
  const key = createHash('sha256').update(body).digest('hex');
  return { message: JSON.stringify({ ...attributes, dataref: `s3://${bucket}/${key}` }), key };
}

/** Reads an event that came as a webhook. @throws {Error} for one that was never signed */
export function readSigned(message: string): ReadEvent & { signed: NonNullable<ReadEvent['signed']> } {
  const { event, signed } = readQueuedEvent(message);
  if (signed === undefined) throw new Error('The event was never signed');
  return { event, signed };
}
