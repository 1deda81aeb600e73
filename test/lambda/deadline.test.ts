import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, test } from '@jest/globals';
import { remaining, seconds, withDeadline } from '../../lambda/deadline.ts';

/** Ends only when it is told to, with the signal's reason, as a call of the SDK does. */
async function call(signal: AbortSignal): Promise<never> {
  await once(signal, 'abort');
  throw signal.reason;
}

const timers = () => process.getActiveResourcesInfo().filter((name) => name === 'Timeout').length;

test('a call that takes longer is aborted, and its error says for how long it went on', async () => {
  const begun = performance.now();
  await expect(withDeadline(50, ({ abortSignal }) => call(abortSignal))).rejects.toThrow('Not done within 50 ms');
  expect(performance.now() - begun).toBeGreaterThanOrEqual(49);
});

test.each([
  ['a result', async () => 'done', 'done'],
  ['an error', () => Promise.reject(new Error('refused')), new Error('refused')],
])('a call with %s ends with it, and leaves no timer and an untouched signal', async (_name, made, expected) => {
  const before = timers();
  let signal: AbortSignal | undefined;
  const ended = withDeadline(30, ({ abortSignal }) => {
    signal = abortSignal;
    return made();
  });
  expect(await ended.catch((error: unknown) => error)).toEqual(expected);
  expect(timers()).toBe(before);
  await sleep(60);
  expect(signal?.aborted).toBe(false);
});

test('seconds are for people, rounded up', () => {
  expect([seconds(0), seconds(1), seconds(1_000), seconds(1_001)]).toEqual(['0 s', '1 s', '1 s', '2 s']);
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
