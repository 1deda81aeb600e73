import { expect, test } from '@jest/globals';
import { compare, inTurns, lostGoals, type Result } from '../../bench/measure.ts';

test('every second round is backwards, and what comes first does not count', async () => {
  let turns = '';
  const turn = (name: string) => () => {
    turns += name;
    return turns.length;
  };
  const values = await inTurns({ a: turn('a'), b: turn('b') }, { rounds: 2, warmUp: 1 });
  expect(turns).toBe('abbaab');
  expect(values).toEqual({ a: [4, 5], b: [3, 6] });
});

test('a ratio is that of the same round', () => {
  const [result] = compare({ a: [2, 40, 6], b: [1, 10, 2] }, [['a', 'b', 4]]);
  expect(result).toEqual({ what: 'a', against: 'b', goal: 4, ratio: 3, spread: 1 });
});

const row = (ratio: number, spread = 0, goal: number | null = 1): Result[] => [
  { what: 'a', against: 'b', goal, ratio, spread },
];
const lost = (before: Result[], now: Result[]) => lostGoals({ growth: before }, { growth: now });

test('a goal is lost when it was met and is missed by more than twice the spread', () => {
  expect(lost(row(0.9), row(1.1))).toEqual(['Goal missed: a against b is 1.10; before it was at most 1.00.']);
  expect(lost(row(1), row(1.1))).toHaveLength(1);
});

test.each([
  ['it is within twice its spread', row(0.9), row(1.1, 0.05)],
  ['it is within twice the spread of before', row(0.9, 0.05), row(1.1)],
  ['it differs by less than can be measured', row(0.9), row(1.04)],
  ['it was not met before', row(1.01), row(5)],
  ['there is none', row(0.9, 0, null), row(5, 0, null)],
  ['the row is new', [], row(5)],
])('a goal is not lost when %s', (_case, before, now) => {
  expect(lost(before, now)).toEqual([]);
});

test('rows are found by what they compare, wherever they stand', () => {
  const other: Result = { what: 'c', against: 'b', goal: 1, ratio: 0.5, spread: 0 };
  expect(lost([other, ...row(0.9)], [...row(1.5), other])).toHaveLength(1);
  expect(lostGoals({ ratios: row(0.9) }, { growth: row(1.5) })).toEqual([]);
});
