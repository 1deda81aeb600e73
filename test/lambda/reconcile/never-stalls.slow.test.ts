import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import type { PolledKind } from '../../../lambda/reconcile/polled-event.ts';
import { dateOf } from '../../../lambda/reconcile/reconcile-list.ts';
import type { ReconciliationOptions, ReconciliationResult } from '../../../lambda/reconcile/reconciliation-run.ts';
import { type Burst, command, day, type Fault, type Month, minute, StallWorld, type WorldItem } from './stall-world.ts';

/** More by command: FUZZ_RUNS=1000 npm run test:all -- test/lambda/reconcile */
const numRuns = Number(process.env.FUZZ_RUNS ?? 50);

const kinds = ['deliveryReport', 'reply'] as const;
const resultName = { deliveryReport: 'deliveryReports', reply: 'replies' } as const;
const minutesOfMonth = 30 * 24 * 60;

/** What is wrong after a run: items that no webhook brought, and that are neither queued nor named. */
function* unnamed(
  world: StallWorld,
  began: number,
  before: Record<PolledKind, WorldItem[]>,
  result: ReconciliationResult,
) {
  const { notes, errors, ...counts } = result;
  const told = [...notes, ...errors.map(String)].join('\n');
  for (const kind of kinds) {
    const { full } = counts[resultName[kind]];
    const present = world.lists[kind].present();
    const isUnread = world.fails('lists') || full === undefined;
    const isOver = /^The time is over/m.test(told);
    // A wrong date says for half an hour that its item is new, and so are those behind it.
    const last = present.slice(0, 100).findLast(({ entry }) => dateOf(entry, began) !== undefined);
    const isMisled = last !== undefined && !world.isDue(last, began) && world.isDue(last, began, true);
    const expired = before[kind].filter(({ at, goneAt }) => goneAt === at + 45 * day && goneAt <= world.time).length;
    for (const [index, item] of present.entries()) {
      const place = index + expired;
      if (item.inQueue || isUnread || !world.isDue(item, began, place >= 100)) continue;
      // What expires before the list is read makes room in it.
      const isTold = (index < 100 && isOver) || (place < 100 ? told.includes(item.traceId) : full || isMisled);
      if (!isTold) yield `${kind} ${item.traceId} at place ${place} is not queued, and nobody says so: ${told}`;
    }
    if (full && before[kind].length < 100) yield `The list of ${kind} is not full: ${before[kind].length}`;
    if (full && !told.includes(command)) yield `A full list is not told with a command: ${told}`;
  }
  if (errors.length > 0 && counts.replies.failed + counts.deliveryReports.failed === 0 && !world.fails('lists'))
    if (!world.fails('confirmation')) yield `It failed without a cause: ${told}`;
}

/** Moments after which a run may do something else than the run before. Runs in between are left out, to save time. */
function momentsOf({ bursts, faults, logDays }: Month): number[] {
  const ofBursts = bursts.flatMap(({ from, spread, webhookAfter = 0 }) =>
    [from, from + spread].flatMap((at) => [
      ...[at, at + 15, at + webhookAfter, at + 24 * 60, at + 24 * 60 * logDays, at + 45 * 24 * 60],
    ]),
  );
  return [...ofBursts, ...faults.flatMap(({ from, minutes }) => [from, from + minutes]), 0, minutesOfMonth];
}

/** Lives a month, and returns what went wrong. */
async function live(month: Month, flaws: Partial<ReconciliationOptions> = {}): Promise<string[]> {
  const world = new StallWorld(month, flaws);
  const wrong: string[] = [];
  const end = Math.max(minutesOfMonth, ...month.faults.map(({ from, minutes }) => from + minutes));
  const slots = momentsOf(month).map((moment) => Math.max(0, Math.ceil(moment / month.everyMinutes)));
  const last = Math.ceil(end / month.everyMinutes) + 40;
  const wanted = new Set(slots.flatMap((slot) => [slot, slot + 1]));
  let result: ReconciliationResult | undefined;
  for (let slot = 0; slot <= last; slot++) {
    if (!wanted.has(slot) && slot < last - 40) continue;
    world.passTo(world.start + slot * month.everyMinutes * minute);
    if (world.fails('function')) continue;
    const began = world.time;
    const before = { deliveryReport: world.lists.deliveryReport.present(), reply: world.lists.reply.present() };
    result = await world.run();
    wrong.push(...unnamed(world, began, before, result));
    const { deliveryReports, replies } = result;
    if (deliveryReports.recovered + replies.recovered + deliveryReports.confirmed + replies.confirmed > 0) {
      wanted.add(slot + 1);
    } else if (slot > last - 30) break;
  }
  if (result) for await (const text of stuck(world, result)) wrong.push(text);
  return [...wrong, ...world.wrong];
}

/** What is wrong at the end, when nothing fails any more: something that could move does not. */
async function* stuck(world: StallWorld, { notes }: ReconciliationResult) {
  const movable = ({ id, entry, refused, ...item }: WorldItem) =>
    !refused && entry.confirmId !== undefined && world.isDue({ id, entry, refused, ...item }, world.time);
  const waits = notes.some((note) => note.startsWith('The time is over'));
  if (world.month.confirm && !waits) {
    for (const kind of kinds) {
      const left = world.lists[kind].listed();
      for (const item of left.filter(movable)) if (!item.inQueue) yield `${item.traceId} is never queued`;
    }
  }
  const began = world.time;
  let byHand = await world.run('by hand');
  // A confirmation may show late.
  for (let again = 0; again < 10; again++) {
    world.passTo(world.time + 10 * minute);
    byHand = await world.run('by hand');
    const { replies, deliveryReports } = byHand;
    if (replies.confirmed + deliveryReports.confirmed === 0) break;
  }
  for (const kind of kinds) {
    const present = world.lists[kind].present();
    for (const [place, item] of present.entries()) {
      if (item.inQueue || item.refused || !world.isDue(item, began)) continue;
      const blocked = present.slice(0, 100).filter(({ refused, entry }) => refused || entry.confirmId === undefined);
      const isHidden = place >= 100 && blocked.length === 100 && byHand[resultName[kind]].full;
      if (!isHidden) yield `${item.traceId} is not queued by the command that is named`;
    }
  }
}

const counts = fc.oneof(fc.integer({ min: 1, max: 5 }), fc.integer({ min: 60, max: 130 }));
const bursts: fc.Arbitrary<Burst> = fc.record({
  kind: fc.constantFrom<PolledKind[]>('deliveryReport', 'deliveryReport', 'reply'),
  from: fc.integer({ min: -40 * 24 * 60, max: minutesOfMonth }),
  count: counts,
  spread: fc.constantFrom(0, 5, 120, 3 * 24 * 60),
  id: fc.constantFrom<Burst['id'][]>('uuid', 'uuid', 'uuid', 'uuid', 'other', 'none'),
  date: fc.constantFrom<Burst['date'][]>('right', 'right', 'right', 'right', 'none', 'soon', 'in years', 'years ago'),
  webhookAfter: fc.constantFrom(undefined, undefined, 1, 6 * 60),
  refused: fc.constantFrom(false, false, false, false, false, true),
});
const faults: fc.Arbitrary<Fault> = fc.record({
  what: fc.constantFrom<Fault['what'][]>('function', 'function', 'lists', 'confirmation', 'queue', 'log'),
  from: fc.integer({ min: 0, max: minutesOfMonth }),
  minutes: fc.oneof(fc.integer({ min: 1, max: 24 * 60 }), fc.integer({ min: 24 * 60, max: 30 * 24 * 60 })),
});
const months: fc.Arbitrary<Month> = fc.record({
  everyMinutes: fc.oneof(fc.constantFrom(5, 15, 60, 1440), fc.integer({ min: 5, max: 1440 })),
  confirm: fc.boolean(),
  logDays: fc.constantFrom(1, 7, 30, 30, 365),
  bursts: fc.array(bursts, { minLength: 1, maxLength: 6 }),
  faults: fc.array(faults, { maxLength: 3 }),
  heardRemoves: fc.boolean(),
  lag: fc.constantFrom(0, 0, 3_000, 5 * minute),
  sendTime: fc.constantFrom(10, 10, 4_000),
  warm: fc.boolean(),
});

test('in any month every item that no webhook brought is queued, or named with a command, and a list that hides items is told', async () => {
  await fc.assert(
    fc.asyncProperty(months, async (month) => {
      expect(await live(month)).toEqual([]);
    }),
    { numRuns },
  );
}, 3_600_000);

test('an item that got its place in the list during the run is told when the time is over', async () => {
  const burst = { spread: 0, id: 'uuid', date: 'right', webhookAfter: undefined, refused: true } as const;
  const bursts: Burst[] = [
    { ...burst, kind: 'reply', from: 0, count: 60 },
    { ...burst, kind: 'deliveryReport', from: -27820, count: 102, spread: 120 },
  ];
  expect(await live({ ...quiet, everyMinutes: 5, confirm: true, logDays: 1, sendTime: 4000, bursts })).toEqual([]);
});

const quiet: Month = {
  ...{ everyMinutes: 15, confirm: true, logDays: 30, heardRemoves: false, lag: 0, sendTime: 10, warm: true },
  ...{ bursts: [], faults: [] },
};
const lost: Burst = {
  ...{ kind: 'deliveryReport', from: 0, count: 130, spread: 120, id: 'uuid', date: 'right', webhookAfter: undefined },
  refused: false,
};

test.each<[string, Partial<Month>, Partial<ReconciliationOptions>, string]>([
  [
    'a window of a day, after three days without a run',
    { bursts: [lost], faults: [{ what: 'function', from: 0, minutes: 3 * 24 * 60 }] },
    { since: day },
    'is never queued',
  ],
  [
    'a window of a day, every day',
    { everyMinutes: 1440, bursts: [{ ...lost, from: 1_430, spread: 5 }] },
    { since: day },
    'is never queued',
  ],
  [
    'a log that is taken to last, without confirmation',
    { confirm: false, logDays: 1, bursts: [{ ...lost, from: -10 * 24 * 60, webhookAfter: 1 }] },
    { leavesUnknown: false },
    'was queued again',
  ],
])('the checks of this test can fail: %s', async (_name, month, flaws, wrong) => {
  expect(await live({ ...quiet, ...month })).toEqual([]);
  expect(await live({ ...quiet, ...month }, flaws)).toEqual(expect.arrayContaining([expect.stringContaining(wrong)]));
});
