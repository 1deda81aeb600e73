import { randomUUID } from 'node:crypto';
import type { Webhook } from './sender.ts';

/** A 1 x 1 pixel PNG, as in an MMS. */
const pixel = 'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==';

/** A delivery report, exactly as in MessageMedia's samples. */
const deliveryReport =
  '{"vendor_account_id":{"vendor_id":"MessageMedia","account_id":"MessageMedia123"},"callback_url":"https://9d2d6d69.ngrok.io/","delivery_report_id":"dc6f7774-9572-41a8-9a6b-9976a98db4a9","source_number":"+61412123123","date_received":"2018-07-18T06:33:51.785Z","status":"delivered","delay":0,"submitted_date":"2018-07-18T06:33:50.792Z","original_text":"Hello!","message_id":"38a6a1a0-36a9-4117-aaee-c0e893393634","error_code":"220","metadata":{}}';

const smsReply = JSON.stringify({
  metadata: { order: '4711' },
  message_id: '877c19ef-fa2e-4cec-827a-e1df9b5509f7',
  reply_id: 'a175e797-2b54-468b-9850-41a3eab32f74',
  date_received: '2026-11-23T09:00:00.000Z',
  destination_number: '+61491570156',
  source_number: '+61491570157',
  vendor_account_id: { vendor_id: 'MessageMedia', account_id: 'MessageMedia123' },
  content: 'Danke schön, bis später! 👍🏽 你好',
});

const mmsReply = JSON.stringify({
  message_id: '5c5f0c1b-5d2c-4bb5-9bd7-6b3b3f5d6b53',
  reply_id: '3a1b2f64-0f4e-4d2b-8e0a-5a6f0f2d9c11',
  date_received: '2026-11-23T09:01:00.000Z',
  source_number: '+61491570157',
  account_id: 'MessageMedia123',
  attachments: [{ content_type: 'image/png', content: pixel, original_name: 'pixel.png' }],
  metadata: {},
});

const optOut = JSON.stringify({
  notification_id: '0c9d9a3e-7f0e-4f4b-9c3f-1d6f2b8a7e55',
  date_received: '2026-11-23T09:02:00.000Z',
  content: 'STOP',
  source_number: '+61491570157',
  destination_number: '+61491570156',
  account_id: 'MessageMedia123',
  metadata: {},
});

/** One webhook of every kind that MessageMedia sends. */
export function sampleWebhooks(path: string) {
  const json = (body: string): Webhook => ({ method: 'POST', target: path, contentType: 'application/json', body });
  return {
    deliveryReport: json(deliveryReport),
    smsReply: json(smsReply),
    mmsReply: json(mmsReply),
    optOut: json(optOut),
    xml: {
      method: 'PUT',
      target: path,
      contentType: 'application/xml',
      body: '<?xml version="1.0"?>\n<reply><content>Größe &amp; Farbe?</content><from>+61491570157</from></reply>',
    },
    form: {
      method: 'POST',
      target: path,
      contentType: 'application/x-www-form-urlencoded',
      body: 'status=delivered&text=50%25+off%21&number=%2B61491570157',
    },
    get: {
      method: 'GET',
      target: `${path}${path.includes('?') ? '&' : '?'}text=caf%C3%A9+%26+th%c3%a9&number=%2B61491570157&tag=b&tag=a`,
      body: '',
    },
  } satisfies Record<string, Webhook>;
}

/** The webhook with new ids, so that it is a new event. */
export function withFreshIds(webhook: Webhook): Webhook {
  const ids = /("(?:delivery_report_id|reply_id|notification_id|message_id)":)"[^"]*"/g;
  return { ...webhook, body: String(webhook.body).replace(ids, (_, name) => `${name}"${randomUUID()}"`) };
}
