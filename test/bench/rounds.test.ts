import { expect, test } from '@jest/globals';
import { compare, inTurns } from '../../bench/rounds.ts';

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
  expect(compare([2, 40, 6], [1, 10, 2])).toEqual({ ratio: 3, spread: 1 });
});
