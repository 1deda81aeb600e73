import { expect, test } from '@jest/globals';
import { createProgressBar } from '../../terminal/status-line.ts';

/** A bar over 1,000 bytes, and a screen and a clock for it. */
function start(isTTY: boolean) {
  const written: string[] = [];
  let now = 0;
  const screen = { isTTY, write: (text: string) => written.push(text) };
  const bar = createProgressBar(1_000, 'events', { screen, now: () => now });
  const at = (seconds: number, done: number, count: number) => {
    now = seconds * 1_000;
    bar.update(done, count);
  };
  return { bar, at, written };
}

test('on a terminal a bar has the share, the rate and the time left, and leaves nothing behind', () => {
  const { bar, at, written } = start(true);
  at(0, 0, 0);
  at(0.1, 100, 10);
  at(10, 250, 50);
  bar.clear();
  expect(written).toEqual(['\r\u001b[K██████░░░░░░░░░░░░░░░░░░ 25 %, 50 events, 5 a second, 0:30 left', '\r\u001b[K']);
});

test('elsewhere it is a line every half a minute', () => {
  const { bar, at, written } = start(false);
  for (let second = 0; second <= 75; second++) at(second, second, second);
  bar.clear();
  expect(written).toEqual(['3 %, 30 events, 1 a second, 16:10 left\n', '6 %, 60 events, 1 a second, 15:40 left\n']);
});

test('what an earlier run did took no time', () => {
  const { at, written } = start(false);
  at(0, 900, 5_000);
  at(40, 950, 5_400);
  expect(written).toEqual(['95 %, 5400 events, 10 a second, 0:40 left\n']);
});
