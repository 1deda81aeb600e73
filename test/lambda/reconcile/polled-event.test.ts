import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { toQueueMessage } from '../../../lambda/event/queue-message.ts';
import { toPolledEntry } from '../../../lambda/reconcile/polled-event.ts';
import { sampleWebhooks } from '../../../signing/sample-webhooks.ts';

const now = Date.UTC(2026, 10, 24);
const reply = {
  reply_id: '00000000-0000-4000-8000-00000000000A',
  message_id: '00000000-0000-4000-8000-00000000000b',
  date_received: '2026-11-24T09:00:00.5Z',
  vendor_account_id: { vendor_id: 'V', account_id: 'A' },
};

const samples = sampleWebhooks('/messagemedia');
test.each([
  ['deliveryReport', samples.deliveryReport],
  ['reply', samples.smsReply],
] as const)(
  'an item becomes the message that its webhook would have made, which says that it was polled: %s',
  (kind, sample) => {
    const body = String(sample.body);
    const webhook = toQueueMessage({
      ...{ method: 'POST', target: '/messagemedia', date: 'Wed, 18 Jul 2018 06:33:52 GMT', body: Buffer.from(body) },
      ...{ signature: 'c2lnbmF0dXJl', digest: 'SHA256', keyId: undefined },
      ...{ contentType: 'application/json', requestId: 'request-1' },
    });
    const { message } = toPolledEntry(kind, JSON.parse(body), now);
    expect({ ...message, body: '' }).toEqual({ ...webhook, body: '' });
    const { mmdigest, mmrequestline, mmdate, mmsignature, ...unsigned } = JSON.parse(webhook.body);
    expect(JSON.parse(message.body)).toEqual({ ...unsigned, mmorigin: 'poll' });
    expect(Object.keys(JSON.parse(message.body)).at(-1)).toBe('data');
  },
);

test('an entry says what to trace, to confirm and to store', () => {
  const { message, withDataAt, data, ...entry } = toPolledEntry('reply', reply, now);
  const { data: _data, ...attributes } = JSON.parse(message.body);
  const dataref = 's3://bucket/hash';
  expect(withDataAt(dataref)).toStrictEqual({ ...message, dataref, body: JSON.stringify({ ...attributes, dataref }) });
  expect(String(data)).toBe(JSON.stringify(reply));
  expect(entry).toEqual({
    traceId: reply.reply_id.toLowerCase(),
    confirmId: reply.reply_id,
    unusualId: undefined,
    receivedAt: Date.UTC(2026, 10, 24, 9, 0, 0, 500),
  });
});

test('whatever an item holds, the message is ASCII and holds it unchanged, under an id that stays', () => {
  fc.assert(
    fc.property(fc.dictionary(fc.string({ unit: 'binary' }), fc.jsonValue({ stringUnit: 'binary' })), (fields) => {
      const item = JSON.parse(JSON.stringify(fields));
      const { message, traceId } = toPolledEntry('reply', item, now);
      expect(message.body).toMatch(/^[\x20-\x7e]*$/);
      expect(JSON.parse(message.body).data).toEqual(item);
      expect(toPolledEntry('reply', item, now + 1).message.id).toBe(message.id);
      expect(traceId).toMatch(/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/);
    }),
  );
});

test.each([
  [{ account: 'A', others: new Set(['B']) }, 'sub-account', 'urn:messagemedia:account:A', 'A/m'],
  [{ account: 'A', others: new Set(['B']) }, 'B', 'urn:messagemedia:account:B', 'B/m'],
  [{ account: undefined, others: new Set(['B']) }, 'C', 'urn:messagemedia', 'm'],
])('where keys name accounts, %j and an item of %s make an event of %s', (owner, account_id, source, groupId) => {
  const { message } = toPolledEntry('reply', { reply_id: 'r', message_id: 'm', account_id }, now, owner);
  expect(message.groupId).toBe(groupId);
  expect(JSON.parse(message.body).source).toBe(source);
});

test('an id that is no UUID is traced by one that is made from it, and not confirmed', () => {
  const { message, traceId, confirmId, unusualId } = toPolledEntry(
    'deliveryReport',
    { delivery_report_id: 'no uuid' },
    now,
  );
  expect(unusualId).toBe('no uuid');
  expect(toPolledEntry('reply', { reply_id: 7 }, now).unusualId).toBeUndefined();
  expect(message).toMatchObject({ id: 'no uuid', type: 'com.messagemedia.delivery_report' });
  // The SHA-256 of the text, with the bits of version and variant.
  expect(traceId).toBe('e4f934b1-1780-890a-a836-57bbe5c774a2');
  expect(message.groupId).toBe('e4f934b11780890ab83657bbe5c774a27db0d9c8b923b4ff41219c137a21cd6e');
  expect(confirmId).toBeUndefined();
});

test('an item without id, subject and time has an id of its content, and the time of now', () => {
  const { message, traceId, receivedAt } = toPolledEntry('reply', { content: 'x' }, now);
  const id = 'ee2b252d-1cd4-8142-a942-090e06507c73';
  expect(message).toMatchObject({ id, groupId: id });
  expect(traceId).toBe(id);
  expect(receivedAt).toBeUndefined();
  const event = JSON.parse(message.body);
  expect(event).toMatchObject({ source: 'urn:messagemedia', time: '2026-11-24T00:00:00.000Z', data: { content: 'x' } });
  expect(event).not.toHaveProperty('subject');
});
