import { describe, expect, test } from '@jest/globals';
import type { QueueMessage } from '../../../lambda/event/queue-message.ts';
import { maxMessageBytes } from '../../../lambda/event/queue-message.ts';
import { MessageRefusedError } from '../../../lambda/event/queue-refusals.ts';
import type { PolledItem } from '../../../lambda/messagemedia/types.ts';
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
  const pauses: number[] = [];
  let reads = 0;
  const list: ListRun['list'] = {
    kind: 'reply',
    name: 'replies',
    read: async () => {
      if (++reads > 8) throw new Error('it is read without end');
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
    pause: async (milliseconds) => {
      pauses.push(milliseconds);
    },
    recovered: () => {},
    command: 'mmw',
    list,
    counts,
    note: (text) => notes.push(text),
    failed: (error) => errors.push(error),
    seen: async () => new Set(),
  };
  const error: unknown = await reconcileList({ ...dependencies, ...parts }).catch((thrown: unknown) => thrown);
  return { counts, notes, errors, sent, confirmed, pauses, reads, error };
}

const full = 'The list of replies is full: the oldest 100 stay in it and hide newer ones';
const unconfirmed = `${full} until they are confirmed. "mmw --confirm" does that once, and the setting reconcileConfirm at every run. Other systems that poll this account do not get what is confirmed.`;
const tries = '"mmw --confirm" tries again, with items of any age.';

describe('a full page', () => {
  test('is followed by the next, if it is confirmed', async () => {
    const { counts, confirmed, notes, reads } = await run([page(0), [reply(200, hour)]], { confirm: true });
    expect(counts).toMatchObject({ listed: 101, recovered: 101, confirmed: 101, full: false });
    expect(confirmed.map(({ length }) => length)).toEqual([100, 1]);
    expect(reads).toBe(2);
    expect(notes).toEqual([]);
  });

  test.each<[string, Partial<ListRun>, string]>([
    ['nothing is confirmed', {}, unconfirmed],
    ['nothing is queued', { confirm: true, dryRun: true }, unconfirmed],
    ['all are too old', { confirm: true, since: hour - 1 }, `${full}. 100 are older than --since. ${tries}`],
  ])('hides what is newer, if %s', async (_name, parts, note) => {
    const { notes, reads, confirmed, counts } = await run([page(0)], parts);
    expect(notes).toEqual([note]);
    expect(counts.full).toBe(true);
    expect(reads).toBe(1);
    expect(confirmed).toEqual([]);
  });

  test('hides nothing that is due, if its last item is young: the rest is younger', async () => {
    const young = [...page(0).slice(1), reply(100, minute)];
    for (const list of [young, [...young.slice(1), reply(101, minute), reply(102)].slice(-100)]) {
      const { notes, counts } = await run([list]);
      expect([counts.full, notes]).toEqual([false, []]);
    }
    // A date to come is none.
    expect((await run([[...page(0).slice(1), reply(100, -hour)]])).counts.full).toBe(true);
    expect((await run([page(0).slice(1)])).counts.full).toBe(false);
    expect((await run([[]])).counts.full).toBe(false);
  });

  test('is read again, if it stays though it was confirmed, and if it stays still, it is said', async () => {
    const late = await run([page(0), page(0), page(0), [reply(200, hour)]], { confirm: true });
    expect(late.counts).toMatchObject({ listed: 101, recovered: 101, confirmed: 101, full: false });
    expect([late.pauses, late.notes]).toEqual([[2_000, 2_000], []]);
    const { counts, notes, reads, pauses } = await run([page(0)], { confirm: true });
    expect(counts).toMatchObject({ listed: 100, recovered: 100, confirmed: 100, full: true });
    expect(notes).toEqual([`${full}. 100 are listed although they were confirmed: wait for the next run. ${tries}`]);
    expect(pauses).toHaveLength(5);
    expect(reads).toBe(7);
  });

  test('is waited for anew after each page that moved', async () => {
    const pages = [page(0), page(0), page(100), page(100), page(100), page(100), page(100), []];
    const { notes, pauses } = await run(pages, { confirm: true });
    expect([notes, pauses.length]).toEqual([[], 5]);
  });

  test('is the last when the time is over', async () => {
    const over =
      'The time is over, and there may be more replies: the next run goes on, and "mmw --confirm" takes them all at once.';
    const after = await run([page(0)], { confirm: true, stopAt: now + 100, ...ticking() });
    expect(after.notes).toEqual([over]);
    expect([after.reads, after.counts.full]).toEqual([1, true]);
    const amid = await run([page(0).slice(0, 3)], { stopAt: now });
    expect(amid.notes).toEqual([over]);
    expect(amid.counts).toMatchObject({ listed: 3, recovered: 0, full: false });
    expect((await run([page(0)], { stopAt: now })).notes).toEqual([over, unconfirmed]);
    // All are done, and so is the list.
    expect((await run([[reply(1, hour)]], { confirm: true, stopAt: now + 1, ...ticking() })).notes).toEqual([]);
  });

  test('is told though its confirmation fails', async () => {
    const list = {
      ...{ kind: 'reply' as const, name: 'replies' },
      read: async () => page(0),
      confirmIds: () => Promise.reject(new Error('503')),
    };
    const { error, counts, notes } = await run([], { confirm: true, list });
    expect(error).toEqual(new Error('503'));
    expect(counts).toMatchObject({ recovered: 100, confirmed: 0, full: true });
    expect(notes).toEqual([`${full}. ${tries}`]);
  });
});

/** A clock that goes on by a millisecond whenever something is sent. */
function ticking(): Pick<ListRun, 'now' | 'send'> {
  let time = now;
  const send = async () => {
    time += 1;
  };
  return { now: () => time, send };
}

test('how old an event may be, and must be, includes both ends; one without a time may have any age', async () => {
  const items = [24 * hour + 1, 24 * hour, 15 * minute, 15 * minute - 1, undefined].map((age, index) =>
    reply(index, age),
  );
  const { counts, sent } = await run([items], { since: 24 * hour });
  expect(counts).toMatchObject({ listed: 5, older: 1, younger: 1, recovered: 3 });
  expect(sent.map(({ id }) => id)).toEqual([1, 2, 4].map(idOf));
  expect((await run([items])).counts).toMatchObject({ older: 0, recovered: 4 });
  expect((await run([[reply(1)]], { since: 0 })).counts).toMatchObject({ recovered: 1, older: 0 });
});

test('a date that clocks cannot explain is none', async () => {
  const items = [-15 * minute, -15 * minute - 1].map((age, index) => reply(index, age));
  expect((await run([items])).counts).toMatchObject({ younger: 1, recovered: 1 });
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
    const longestAgo = new Date(now - 45 * 24 * hour - hour);
    expect(searches[1]?.[1]).toEqual(longestAgo);
    // MessageMedia keeps nothing for so long.
    await run([[reply(1, 9_000 * hour)]], { seen });
    expect(searches[2]?.[1]).toEqual(longestAgo);
    await run([[reply(3, minute)]], { seen });
    expect(searches).toHaveLength(3);
  });

  test('among events of the same kind and account', async () => {
    const searches: unknown[] = [];
    const recovered: unknown[] = [];
    const seen: ListRun['seen'] = async (ids, _since, of) => {
      searches.push([ids, of]);
      return new Set(of.account === 'B' ? ids : []);
    };
    const items = [reply(1, hour), reply(2, hour, { account_id: 'B' })];
    const type = 'com.messagemedia.reply';
    const told: ListRun['recovered'] = ({ id, account }) => recovered.push([id, account]);
    const owner = { account: 'A', others: new Set(['B']) };
    expect((await run([items], { seen, owner, recovered: told })).counts).toMatchObject({ known: 1, recovered: 1 });
    expect(searches).toEqual([
      [[idOf(1)], { type, account: 'A' }],
      [[idOf(2)], { type, account: 'B' }],
    ]);
    expect(recovered).toEqual([[idOf(1), 'A']]);
  });

  test('only once, as long as it stays on the list', async () => {
    const remembered = new Set<string>();
    const asked: number[] = [];
    const seen = async (ids: readonly string[]) => {
      asked.push(ids.length);
      return new Set([idOf(2)]);
    };
    const list = [[reply(1, 3 * hour), reply(2, 2 * hour), { reply_id: 'x' }]];
    await run(list, { seen, remembered, dryRun: true });
    expect(remembered.size).toBe(1);
    await run(list, { seen, remembered });
    expect((await run(list, { seen, remembered })).counts).toMatchObject({ known: 3, recovered: 0 });
    expect(asked).toEqual([3, 2]);
    await run(list, { seen, remembered, confirm: true });
    expect(remembered.size).toBe(1);
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

test('an event that fails never stops the others, and is named', async () => {
  const send = async ({ id }: QueueMessage) => {
    if (id !== idOf(99)) throw new Error('no');
  };
  const { counts, errors, error, confirmed, notes } = await run([page(0)], { confirm: true, send });
  expect(counts).toMatchObject({ recovered: 1, failed: 99, confirmed: 1 });
  expect(error).toBeUndefined();
  expect(confirmed).toEqual([[idOf(99)]]);
  expect(errors).toHaveLength(99);
  expect(errors[0]).toEqual(new Error(`Event ${idOf(0)} of the replies was not queued`));
  expect(errors[0]).toHaveProperty('cause', new Error('no'));
  // The list stays full here, though one was confirmed.
  expect(notes).toEqual([
    `${full}. 99 could not be queued, see the errors. 1 are listed although they were confirmed: wait for the next run. ${tries}`,
  ]);
});

describe('an event that is older than the log', () => {
  const items = [reply(1, 10 * hour), reply(2, 10 * hour + 1), reply(3, 11 * hour), reply(4, 12 * hour), reply(5)];
  const parts: Partial<ListRun> = {
    logKept: 10 * hour,
    seen: async () => new Set([idOf(4)]),
  };
  const queued =
    '2 replies are older than the log. They are queued, though they may have arrived before: consumers drop repetitions.';

  test('is queued if it leaves the list by that, and it is said', async () => {
    const { counts, notes } = await run([items], { ...parts, leavesUnknown: true, confirm: true });
    expect(counts).toMatchObject({ recovered: 4, unlogged: 2, known: 1, left: 0, confirmed: 5 });
    expect(notes).toEqual([queued]);
  });

  test('is left if it stays on the list, and named, with a command that takes it', async () => {
    const { counts, notes, sent } = await run([items], { ...parts, leavesUnknown: true });
    expect(counts).toMatchObject({ recovered: 2, unlogged: 0, known: 1, left: 2 });
    expect(sent.map(({ id }) => id)).toEqual([1, 5].map(idOf));
    const left = `2 replies are older than the log, so it is not known whether they arrived, and they are left. "mmw --confirm" queues them and takes them off the list: ${idOf(2)}, ${idOf(3)}`;
    expect(notes).toEqual([left]);
    expect((await run([items], parts)).notes).toEqual([queued]);
  });

  test('is left if its id cannot be confirmed', async () => {
    const date_received = new Date(now - 11 * hour).toISOString();
    const list = [...page(0).slice(1), { reply_id: 'x', date_received }];
    const { counts, notes } = await run([list, list.slice(99)], { ...parts, leavesUnknown: true, confirm: true });
    expect(counts).toMatchObject({ recovered: 98, known: 1, left: 1, confirmed: 99 });
    expect(notes).toHaveLength(1);
    const alone = Array.from({ length: 100 }, (_, index) => ({ reply_id: `x${index}`, date_received }));
    const full100 = await run([alone], { ...parts, leavesUnknown: true, confirm: true });
    expect(full100.notes[0]).toBe(`${full}. 100 are older than the log, see below. ${tries}`);
  });
});

test('an event that is too large for the queue goes to the bucket, or stays on the list if there is none', async () => {
  const large = [[reply(1, hour, { content: 'x'.repeat(maxMessageBytes) })]];
  const stored: string[] = [];
  const store = async (data: Uint8Array) => {
    stored.push(Buffer.from(data).toString());
    return 's3://bucket/hash';
  };
  expect((await run(large, { store })).sent).toMatchObject([{ id: idOf(1), dataref: 's3://bucket/hash' }]);
  expect(stored).toEqual([JSON.stringify(large[0]?.[0])]);
  const { errors, counts } = await run(large);
  const problem =
    /^An event has 10\d{5} bytes, which is more than the queue takes, and no bucket is given: set OVERFLOW_BUCKET.$/;
  expect(errors.map((error) => (error as Error).cause)).toEqual([expect.any(MessageRefusedError)]);
  expect((errors[0] as { cause: Error }).cause.message).toMatch(problem);
  expect(counts).toMatchObject({ failed: 1, recovered: 0 });
});

describe('an id that is no UUID', () => {
  const unusual = (count: number) => Array.from({ length: count }, (_, index) => ({ reply_id: `x${index}` }));

  test('is not confirmed with others', async () => {
    const { counts, confirmed } = await run([[reply(1, hour), { reply_id: 'x' }]], { confirm: true });
    expect(confirmed).toEqual([[idOf(1)]]);
    expect(counts).toMatchObject({ recovered: 2, confirmed: 1 });
    expect((await run([[{ reply_id: 'x' }]], { confirm: true })).confirmed).toEqual([]);
  });

  test('is tried in a call of its own when such ids fill the list', async () => {
    const { counts, confirmed, notes } = await run([unusual(100), unusual(100), [reply(1, hour)]], { confirm: true });
    expect(confirmed).toEqual([unusual(100).map(({ reply_id }) => reply_id), [idOf(1)]]);
    expect(counts).toMatchObject({ recovered: 101, confirmed: 101, full: false });
    expect(notes).toEqual([]);
  });

  test('hides what is newer when MessageMedia refuses it, and that is said', async () => {
    const list = {
      ...{ kind: 'reply' as const, name: 'replies' },
      read: async () => [...unusual(99), { content: 'no id' }],
      confirmIds: () => Promise.reject(new Error('400')),
    };
    const { counts, error, errors, notes } = await run([], { confirm: true, list });
    expect([error, errors]).toEqual([undefined, []]);
    expect(counts).toMatchObject({ recovered: 100, confirmed: 0, full: true });
    expect(notes).toEqual([
      `${full}. 100 have no id that MessageMedia confirms, which is a UUID: they leave the list after 45 days, or ask its support to remove them. ${tries}`,
    ]);
  });

  test('and no id at all is not tried', async () => {
    const items = Array.from({ length: 100 }, (_, index) => ({ content: String(index) }));
    expect((await run([items], { confirm: true })).confirmed).toEqual([]);
  });
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
