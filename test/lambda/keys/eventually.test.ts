import { expect, test } from '@jest/globals';
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
