import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import type { QueueMessage } from '../../../lambda/event/queue-message.ts';
import { toQueueMessage } from '../../../lambda/event/queue-message.ts';
import type { PolledItem } from '../../../lambda/messagemedia/types.ts';
import { toPolledEntry } from '../../../lambda/reconcile/polled-event.ts';
import { reconcile } from '../../../lambda/reconcile/reconcile.ts';
import type {
  ReconciliationDependencies,
  ReconciliationOptions,
} from '../../../lambda/reconcile/reconciliation-run.ts';
import { sampleWebhooks } from '../../../signing/sample-webhooks.ts';

const now = Date.parse('2026-11-24T12:00:00.000Z');
const minute = 60_000;
const hour = 60 * minute;
const idOf = (number: number) => `00000000-0000-4000-8000-${String(number).padStart(12, '0')}`;

function report(number: number, age = hour, more: PolledItem = {}): PolledItem {
  const date_received = new Date(now - age).toISOString();
  return {
    delivery_report_id: idOf(number),
    message_id: idOf(9_000 + number),
    status: 'delivered',
    date_received,
    ...more,
  };
}

function reply(number: number, age = hour, more: PolledItem = {}): PolledItem {
  const date_received = new Date(now - age).toISOString();
  return { reply_id: idOf(number), message_id: idOf(9_000 + number), content: 'Yes', date_received, ...more };
}

/** Lists like MessageMedia's, a queue that accepts everything, and a log of the queued events. */
function world(items: { reports?: PolledItem[]; replies?: PolledItem[]; came?: number[] } = {}) {
  const lists = { reports: [...(items.reports ?? [])], replies: [...(items.replies ?? [])] };
  const queue: QueueMessage[] = [];
  const calls: string[] = [];
  const log = new Set((items.came ?? []).map(idOf));
  const take = (list: 'reports' | 'replies', field: string) => async (ids: readonly string[]) => {
    calls.push(`confirm ${ids.length} ${list}`);
    lists[list] = lists[list].filter((item) => !ids.includes(String(item[field])));
  };
  const dependencies: ReconciliationDependencies = {
    provider: {
      checkDeliveryReports: async () => lists.reports.slice(0, 100),
      checkReplies: async () => lists.replies.slice(0, 100),
      confirmDeliveryReports: take('reports', 'delivery_report_id'),
      confirmReplies: take('replies', 'reply_id'),
    },
    send: async (message) => {
      queue.push(message);
    },
    seen: async (ids) => new Set(ids.filter((id) => log.has(id))),
    now: () => now,
    pause: async () => {},
    recovered: ({ id }) => log.add(id),
  };
  const run = (options: Partial<ReconciliationOptions> = {}, changes: Partial<ReconciliationDependencies> = {}) =>
    reconcile({ ...dependencies, ...changes }, { since: 24 * hour, command: 'mmw', ...options });
  return { lists, queue, calls, log, run };
}

const none = {
  ...{ listed: 0, recovered: 0, unlogged: 0, known: 0, younger: 0, older: 0, left: 0, confirmed: 0, failed: 0 },
  full: false,
};

describe('an item becomes the message that its webhook would have made', () => {
  const samples = sampleWebhooks('/messagemedia');

  test.each([
    ['deliveryReport', samples.deliveryReport],
    ['reply', samples.smsReply],
  ] as const)('%s', (kind, sample) => {
    const item = JSON.parse(String(sample.body));
    const webhook = toQueueMessage({
      method: 'POST',
      target: '/messagemedia',
      date: 'Wed, 18 Jul 2018 06:33:52 GMT',
      body: Buffer.from(String(sample.body)),
      signature: 'c2lnbmF0dXJl',
      digest: 'SHA256',
      keyId: undefined,
      contentType: 'application/json',
      requestId: 'request-1',
    });
    const { message } = toPolledEntry(kind, item, now);
    expect({ ...message, body: '' }).toEqual({ ...webhook, body: '' });
    const { mmdigest, mmrequestline, mmdate, mmsignature, ...unsigned } = JSON.parse(webhook.body);
    expect(JSON.parse(message.body)).toEqual({ ...unsigned, mmorigin: 'poll' });
    expect(Object.keys(JSON.parse(message.body)).at(-1)).toBe('data');
  });

  test('whatever the item holds, the message is ASCII and holds it unchanged, under an id that stays', () => {
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

  test('one without an id is still of its list, and was received now if it does not say', () => {
    const { message, confirmId } = toPolledEntry('reply', { content: 'Hi' }, now);
    expect(JSON.parse(message.body)).toMatchObject({
      type: 'com.messagemedia.reply',
      time: '2026-11-24T12:00:00.000Z',
    });
    expect(confirmId).toBeUndefined();
  });
});

test('what no webhook brought is queued, oldest first, and logged; nothing is confirmed unasked', async () => {
  const { queue, calls, log, run } = world({
    reports: [report(1), report(2), report(3)],
    replies: [reply(4)],
    came: [2],
  });
  expect(await run()).toEqual({
    deliveryReports: { ...none, listed: 3, recovered: 2, known: 1 },
    replies: { ...none, listed: 1, recovered: 1 },
    notes: [],
    errors: [],
  });
  expect(queue.map(({ id }) => id)).toEqual([4, 1, 3].map(idOf));
  expect([...log].sort()).toEqual([1, 2, 3, 4].map(idOf));
  expect(calls).toEqual([]);
  // The same list again, in which nothing is new.
  expect((await run()).deliveryReports).toEqual({ ...none, listed: 3, known: 3 });
});

describe('what fails', () => {
  test('of one list does not keep the other from being read', async () => {
    const { run } = world({ replies: [reply(1)] });
    const provider = {
      checkDeliveryReports: async () => Promise.reject(new Error('503')),
      checkReplies: async () => [reply(1)],
      confirmDeliveryReports: async () => {},
      confirmReplies: async () => {},
    };
    const { replies, deliveryReports, errors, notes } = await run({}, { provider });
    expect(notes).toEqual([]);
    expect(replies.recovered).toBe(1);
    // Nobody knows whether that list is full.
    expect(deliveryReports).not.toHaveProperty('full');
    expect(errors).toEqual([new Error('503')]);
  });
});

test('an item that has no UUID is queued once, and known from then on', async () => {
  const { queue, log, run } = world({ replies: [{ content: 'no id' }, reply(1, hour, { reply_id: '+61491570156' })] });
  expect((await run({ confirm: true })).replies).toMatchObject({ recovered: 2, confirmed: 0 });
  expect((await run()).replies).toMatchObject({ known: 2 });
  expect(queue).toHaveLength(2);
  expect([...log].join()).not.toContain('61491570156');
});

test('both lists are confirmed, each with its own ids', async () => {
  const { calls, lists, run } = world({ reports: [report(1)], replies: [reply(2)] });
  const result = await run({ confirm: true });
  expect(calls).toEqual(['confirm 1 replies', 'confirm 1 reports']);
  expect(lists).toEqual({ reports: [], replies: [] });
  expect([result.replies.confirmed, result.deliveryReports.confirmed]).toEqual([1, 1]);
});
