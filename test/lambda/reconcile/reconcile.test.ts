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
const numbers = (count: number) => Array.from({ length: count }, (_, index) => index);

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

test('what may still come, and what is older than was asked for, is left', async () => {
  const ages = [14 * minute, 16 * minute, 23 * hour, 25 * hour];
  const { queue, lists, run } = world({ reports: ages.map((age, index) => report(index, age)) });
  const counts = { ...none, listed: 4, recovered: 2, younger: 1, older: 1, confirmed: 2 };
  expect((await run({ confirm: true })).deliveryReports).toEqual(counts);
  expect(queue.map(({ id }) => id)).toEqual([idOf(1), idOf(2)]);
  expect(lists.reports.map(({ delivery_report_id }) => delivery_report_id)).toEqual([idOf(0), idOf(3)]);
  expect((await run({ grace: 0, since: 26 * hour })).deliveryReports).toEqual({ ...none, listed: 2, recovered: 2 });
});

test('with confirm it goes on to the next hundred, and confirms what the queue has', async () => {
  const { queue, lists, calls, run } = world({ reports: numbers(250).map((number) => report(number)), came: [7, 130] });
  const { deliveryReports, notes } = await run({ confirm: true });
  expect(deliveryReports).toEqual({ ...none, listed: 250, recovered: 248, known: 2, confirmed: 250 });
  expect(calls).toEqual(['confirm 100 reports', 'confirm 100 reports', 'confirm 50 reports']);
  expect([queue.length, lists.reports.length, notes]).toEqual([248, 0, []]);
});

test('a confirmation that shows late ends the run, and queues nothing twice', async () => {
  const items = numbers(100).map((number) => report(number));
  const { queue, run } = world();
  const provider = {
    checkDeliveryReports: async () => items,
    checkReplies: async () => [],
    confirmDeliveryReports: async () => {},
    confirmReplies: async () => {},
  };
  const { deliveryReports } = await run({ confirm: true }, { provider });
  expect(deliveryReports).toEqual({ ...none, listed: 100, recovered: 100, confirmed: 100, full: true });
  expect(queue).toHaveLength(100);
});

test.each([
  ['not confirmed', hour, {}],
  ['too old', 30 * hour, { confirm: true }],
] as const)('a full list that is %s is said to hide newer items', async (_name, age, options) => {
  const { run } = world({ replies: numbers(150).map((number) => reply(number, age)) });
  const { replies, notes } = await run(options);
  expect(replies).toMatchObject({ listed: 100, full: true });
  expect(notes).toEqual([
    expect.stringMatching(
      /^The list of replies is full: the oldest 100 stay in it and hide newer ones.*"mmw --confirm"/,
    ),
  ]);
});

test('a dry run changes nothing', async () => {
  const { queue, calls, log, run } = world({ reports: [report(1), report(2)], came: [1] });
  const { deliveryReports } = await run({ dryRun: true, confirm: true });
  expect(deliveryReports).toEqual({ ...none, listed: 2, recovered: 1, known: 1 });
  expect([queue, calls, log.size]).toEqual([[], [], 1]);
});

test.each([
  ['fails', async () => Promise.reject(new Error('no such log group')), /could not be queried \(no such log group\)/],
  ['is not there', undefined, /^It is not known which events arrived already/],
] as const)('when the log %s, everything is queued, and it is said', async (_name, seen, note) => {
  const { queue, run } = world({ reports: [report(1)], replies: [reply(2)], came: [1, 2] });
  const { notes, errors } = await run({}, { seen });
  expect(queue).toHaveLength(2);
  expect(notes).toEqual([expect.stringMatching(note)]);
  expect(errors).toEqual([]);
});

describe('what fails', () => {
  test('stays on the list, and holds nothing else up', async () => {
    const { queue, lists, run } = world({ reports: numbers(5).map((number) => report(number)), replies: [reply(9)] });
    const send = async (message: QueueMessage) => {
      if (message.id === idOf(2)) throw new Error('refused');
      queue.push(message);
    };
    const { deliveryReports, replies, errors } = await run({ confirm: true }, { send });
    expect(deliveryReports).toEqual({ ...none, listed: 5, recovered: 4, confirmed: 4, failed: 1 });
    expect(replies.recovered).toBe(1);
    expect(lists.reports).toEqual([report(2)]);
    expect(errors).toEqual([new Error(`Event ${idOf(2)} of the delivery reports was not queued`)]);
  });

  test('always, with every event, confirms nothing', async () => {
    const { calls, run } = world({ reports: numbers(50).map((number) => report(number)) });
    const send = async () => Promise.reject(new Error('down'));
    const { deliveryReports, errors } = await run({ confirm: true }, { send });
    expect(deliveryReports).toEqual({ ...none, listed: 50, failed: 50 });
    expect(errors).toHaveLength(50);
    expect(calls).toEqual([]);
  });

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

test('a large item goes elsewhere, and without a bucket stays on the list', async () => {
  const large = reply(1, hour, { attachments: [{ content: 'x'.repeat(1_100_000) }] });
  const { queue, run } = world({ replies: [large] });
  expect((await run()).replies.failed).toBe(1);
  const stored: Uint8Array[] = [];
  const store = async (data: Uint8Array) => {
    stored.push(data);
    return 's3://bucket/hash';
  };
  expect((await run({}, { store })).replies.recovered).toBe(1);
  expect(JSON.parse(String(stored[0]))).toEqual(large);
  expect(JSON.parse(String(queue[0]?.body))).toMatchObject({
    id: idOf(1),
    mmorigin: 'poll',
    dataref: 's3://bucket/hash',
  });
  expect(queue[0]?.body).not.toContain('"data":');
});

test('an item that has no UUID is queued once, and known from then on', async () => {
  const { queue, log, run } = world({ replies: [{ content: 'no id' }, reply(1, hour, { reply_id: '+61491570156' })] });
  expect((await run({ confirm: true })).replies).toMatchObject({ recovered: 2, confirmed: 0 });
  expect((await run()).replies).toMatchObject({ known: 2 });
  expect(queue).toHaveLength(2);
  expect([...log].join()).not.toContain('61491570156');
});

test('no page is begun when time is up', async () => {
  const { run } = world({ reports: numbers(150).map((number) => report(number)) });
  const { deliveryReports, notes } = await run({ confirm: true, stopAt: now });
  expect(deliveryReports).toMatchObject({ listed: 100, recovered: 0 });
  expect(notes).toEqual([expect.stringMatching(/^The time is over, and there may be more delivery reports/)]);
});

test('both lists are confirmed, each with its own ids', async () => {
  const { calls, lists, run } = world({ reports: [report(1)], replies: [reply(2)] });
  const result = await run({ confirm: true });
  expect(calls).toEqual(['confirm 1 replies', 'confirm 1 reports']);
  expect(lists).toEqual({ reports: [], replies: [] });
  expect([result.replies.confirmed, result.deliveryReports.confirmed]).toEqual([1, 1]);
});
