import { expect, test } from '@jest/globals';
import { remaining, seconds } from '../../../lambda/keys/key-changes.ts';
import { aMinute, aMoment, eventually } from '../../../lambda/keys/keyring-store.ts';

/** Looks for what is there from the given look on. @returns what was found, the looks, and the pauses between them */
async function lookFor(from: number, pauses?: number[]) {
  const paused: number[] = [];
  let looks = 0;
  const look = async () => (++looks >= from ? looks : undefined);
  const pause = async (milliseconds: number) => {
    paused.push(milliseconds);
  };
  return { found: await eventually(look, pause, pauses), looks, paused };
}

test('a value is looked for until it is there, for a minute', async () => {
  expect(await lookFor(1)).toEqual({ found: 1, looks: 1, paused: [] });
  expect(await lookFor(3)).toEqual({ found: 3, looks: 3, paused: [500, 1_000] });
  expect(await lookFor(8)).toEqual({ found: 8, looks: 8, paused: aMinute });
  expect(await lookFor(9)).toEqual({ found: undefined, looks: 8, paused: aMinute });
  expect(aMinute.reduce((sum, each) => sum + each)).toBe(60_500);
});

test('the pauses may be others', async () => {
  expect(await lookFor(9, aMoment)).toEqual({ found: undefined, looks: 4, paused: [500, 1_000, 2_000] });
});

test.each([
  ['1970-01-01T00:00:10Z', 10_000, 30_000],
  ['1970-01-01T00:00:10Z', 25_000, 15_000],
  ['1970-01-01T00:00:10Z', 50_000, -10_000],
  ['1970-01-01T00:00:10Z', 9_999, 30_000],
  ['one day', 25_000, 30_000],
])('what is left of 30 seconds since %s, at %d ms: %d ms', (since, now, left) => {
  expect(remaining(since, 30_000, now)).toBe(left);
});

test('seconds are for people, rounded up', () => {
  expect([seconds(0), seconds(1), seconds(1_000), seconds(1_001)]).toEqual(['0 s', '1 s', '1 s', '2 s']);
});
