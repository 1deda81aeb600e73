import { describe, expect, test } from '@jest/globals';
import type { QueueMessage } from '../../../lambda/event/queue-message.ts';
import { maxMessageBytes } from '../../../lambda/event/queue-message.ts';
import type { PolledItem } from '../../../lambda/provider/types.ts';
import { type ListRun, reconcileList } from '../../../lambda/reconcile/reconcile-list.ts';

const now = Date.parse('2026-11-24T12:00:00.000Z');
const minute = 60_000;
const hour = 60 * minute;
const idOf = (number: number) => `00000000-0000-4000-8000-${String(number).padStart(12, '0')}`;
/** A reply of an age in milliseconds; without a time if there is none. */
const reply = (number: number, age?: number, more: PolledItem = {}): PolledItem => ({
  reply_id: idOf(number),
  ...(age !== undefined && { date_received: new Date(now - age).toISOString() }),
  ...more,
});
const page = (from: number) => Array.from({ length: 100 }, (_, index) => reply(from + index, hour));

/** A list that answers with these pages, and what came of a run. The last page is answered again and again. */
async function run(pages: PolledItem[][], parts: Partial<ListRun> = {}) {
  const counts: ListRun['counts'] = {
    ...{ listed: 0, recovered: 0, unlogged: 0, known: 0, younger: 0, older: 0, left: 0, confirmed: 0, failed: 0 },
  };
  const notes: string[] = [];
  const errors: unknown[] = [];
  const sent: QueueMessage[] = [];
  const confirmed: string[][] = [];
  let reads = 0;
  const list: ListRun['list'] = {
    kind: 'reply',
    name: 'replies',
    read: async () => {
      if (++reads > 5) throw new Error('it is read without end');
      return pages[Math.min(reads, pages.length) - 1] ?? [];
    },
    confirmIds: async (ids) => {
      confirmed.push([...ids]);
    },
  };
  const dependencies: ListRun = {
    provider: {} as ListRun['provider'],
    send: async (message) => {
      sent.push(message);
    },
    now: () => now,
    recovered: () => {},
    since: 24 * hour,
    list,
    counts,
    note: (text) => notes.push(text),
    failed: (error) => errors.push(error),
    seen: async () => new Set(),
  };
  const error: unknown = await reconcileList({ ...dependencies, ...parts }).catch((thrown: unknown) => thrown);
  return { counts, notes, errors, sent, confirmed, reads, error };
}

const hidden = 'The list of replies is full: the oldest 100 stay in it and hide newer ones until they are confirmed.';

describe('a full page', () => {
  test('is followed by the next, if it is confirmed', async () => {
    const { counts, confirmed, notes, reads } = await run([page(0), [reply(200, hour)]], { confirm: true });
    expect(counts).toMatchObject({ listed: 101, recovered: 101, confirmed: 101 });
    expect(confirmed.map(({ length }) => length)).toEqual([100, 1]);
    expect(reads).toBe(2);
    expect(notes).toEqual([]);
  });

  test.each<[string, Partial<ListRun>]>([
    ['nothing is confirmed', {}],
    ['nothing is queued', { confirm: true, dryRun: true }],
    ['nothing was taken, as all are young', { confirm: true, grace: 2 * hour }],
  ])('hides what is newer, if %s', async (_name, parts) => {
    const { notes, reads, confirmed } = await run([page(0)], parts);
    expect(notes).toEqual([hidden]);
    expect(reads).toBe(1);
    expect(confirmed).toEqual([]);
  });

  test('hides what is newer, if it stays though it was confirmed', async () => {
    const { counts, notes, reads } = await run([page(0)], { confirm: true });
    expect(counts).toMatchObject({ listed: 100, recovered: 100, confirmed: 100 });
    expect(notes).toEqual([hidden]);
    expect(reads).toBe(2);
  });

  test('is the last when the time is over', async () => {
    const { notes, reads } = await run([page(0)], { confirm: true, stopAt: now });
    expect(notes).toEqual(['The time is over, and there may be more replies: run it again.']);
    expect(reads).toBe(1);
  });
});

test('how old an event may be, and must be, includes both ends; one without a time may have any age', async () => {
  const items = [24 * hour + 1, 24 * hour, 15 * minute, 15 * minute - 1, undefined].map((age, index) =>
    reply(index, age),
  );
  const { counts, sent } = await run([items]);
  expect(counts).toMatchObject({ listed: 5, older: 1, younger: 1, recovered: 3 });
  expect(sent.map(({ id }) => id)).toEqual([1, 2, 4].map(idOf));
  expect((await run([[reply(1)]], { since: 0 })).counts).toMatchObject({ recovered: 0, older: 1 });
});

describe('what arrived already is looked for', () => {
  test('from an hour before the oldest, without those that are not due', async () => {
    const searches: [readonly string[], Date][] = [];
    const seen = async (ids: readonly string[], since: Date) => {
      searches.push([ids, since]);
      return new Set([idOf(2)]);
    };
    const { counts, sent } = await run([[reply(1, 3 * hour), reply(2, 2 * hour), reply(3, minute)]], { seen });
    expect(searches).toEqual([[[idOf(1), idOf(2)], new Date(now - 4 * hour)]]);
    expect(counts).toMatchObject({ known: 1, recovered: 1, younger: 1 });
    expect(sent.map(({ id }) => id)).toEqual([idOf(1)]);
    await run([[reply(1)]], { seen });
    expect(searches[1]?.[1]).toEqual(new Date(now - 25 * hour));
    await run([[reply(3, minute)]], { seen });
    expect(searches).toHaveLength(2);
  });

  test('and if it cannot be, every event is queued', async () => {
    const all = 'every event is queued again, and FIFO queue and consumers drop repetitions';
    const unknown = await run([[reply(1, hour)]], { seen: undefined });
    expect(unknown.notes).toEqual([`It is not known which events arrived already: ${all}.`]);
    for (const [thrown, text] of [
      [new Error('no access'), 'no access'],
      ['late', 'late'],
    ] as const) {
      const failing = await run([[reply(1, hour)]], { seen: () => Promise.reject(thrown) });
      expect(failing.notes).toEqual([`The log could not be queried (${text}): ${all}.`]);
      expect(failing.counts.recovered).toBe(1);
    }
    expect((await run([[]], { seen: undefined })).notes).toEqual([]);
  });
});

test('after three failures in a row the run stops, and confirms nothing', async () => {
  const { counts, error, errors, confirmed } = await run([page(0)], {
    confirm: true,
    send: () => Promise.reject(new Error('no queue')),
  });
  expect(error).toEqual(
    new Error('3 events in a row could not be queued, so the run stopped. The remaining events are still on the list.'),
  );
  expect(errors).toHaveLength(3);
  expect(counts.failed).toBe(3);
  expect(confirmed).toEqual([]);
});

test('failures between others do not stop it', async () => {
  let count = 0;
  const send = async () => {
    if (++count % 3 !== 0) throw new Error('busy');
  };
  const { counts, error } = await run([page(0).slice(0, 9)], { send });
  expect(error).toBeUndefined();
  expect(counts).toMatchObject({ failed: 6, recovered: 3 });
});

describe('an event that is too large for the queue', () => {
  const sized = (bytes: number) => reply(1, hour, { content: 'x'.repeat(bytes) });
  const overhead = async () => Buffer.byteLength((await run([[sized(0)]])).sent[0]?.body ?? '');

  test('goes to the bucket, and one that just fits does not', async () => {
    const most = maxMessageBytes - (await overhead());
    const store = async () => 's3://bucket/hash';
    expect((await run([[sized(most)]], { store })).sent[0]).not.toHaveProperty('dataref');
    expect((await run([[sized(most + 1)]], { store })).sent[0]).toHaveProperty('dataref', 's3://bucket/hash');
  });

  test('stays on the list if there is none', async () => {
    const most = maxMessageBytes - (await overhead());
    const { errors, counts } = await run([[sized(most + 1)]]);
    expect(errors).toEqual([
      new Error(
        `An event has ${maxMessageBytes + 1} bytes, but SQS takes ${maxMessageBytes}, and no bucket is given: set OVERFLOW_BUCKET.`,
      ),
    ]);
    expect(counts).toMatchObject({ failed: 1, recovered: 0 });
  });
});

test('an id that is no UUID is not confirmed', async () => {
  const { counts, confirmed } = await run([[reply(1, hour), { reply_id: 'x' }]], { confirm: true });
  expect(confirmed).toEqual([[idOf(1)]]);
  expect(counts).toMatchObject({ recovered: 2, confirmed: 1 });
  expect((await run([[{ reply_id: 'x' }]], { confirm: true })).confirmed).toEqual([]);
});

test('each event that was queued is told and archived, and none in a dry run', async () => {
  const told: unknown[] = [];
  const archived: string[] = [];
  const parts: Partial<ListRun> = {
    recovered: (event) => told.push(event),
    archive: async ({ id }) => {
      archived.push(id);
    },
  };
  const item = reply(1, hour);
  await run([[item]], parts);
  expect(told).toEqual([{ id: idOf(1), type: 'com.messagemedia.reply', bytes: JSON.stringify(item).length }]);
  expect(archived).toEqual([idOf(1)]);
  const { counts, sent } = await run([[item]], { ...parts, dryRun: true, confirm: true });
  expect(counts).toMatchObject({ recovered: 1, confirmed: 0 });
  expect([sent.length, told.length, archived.length]).toEqual([0, 1, 1]);
});
