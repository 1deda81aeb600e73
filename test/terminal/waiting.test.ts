import { mock } from 'node:test';
import { setImmediate } from 'node:timers/promises';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { StatusLine } from '../../terminal/status-line.ts';
import { createWaits } from '../../terminal/waiting.ts';

beforeEach(() => {
  mock.timers.enable({ apis: ['setTimeout', 'setInterval', 'Date'], now: new Date(2026, 10, 24, 9) });
});
afterEach(() => {
  mock.timers.reset();
});

/** Waits on a screen that keeps what was written. */
function open(isTTY: boolean, columns = 80) {
  const written: string[] = [];
  const told: string[] = [];
  const line = new StatusLine({ isTTY, columns, write: (text: string) => written.push(text) });
  return { line, written, told, ...createWaits(line, (message) => told.push(message)) };
}

const erased = '\r\u001b[K';
const after = <T>(milliseconds: number, value: T) =>
  new Promise<T>((resolve) => setTimeout(() => resolve(value), milliseconds));

/** What waits for a timer goes on before the next one ends. */
async function pass<T>(milliseconds: number, work?: Promise<T>): Promise<T | undefined> {
  for (let passed = 0; passed < milliseconds; passed += 10) {
    await setImmediate();
    mock.timers.tick(10);
  }
  await setImmediate();
  return work;
}

test('a pause says how long, until when, and how to stop', async () => {
  const { written, told, pause } = open(false);
  await pass(3_000, pause(3_000));
  expect(told).toEqual(['Waiting 3 s, until 09:00:03. Ctrl-C stops.']);
  expect(written).toEqual([]);
});

test('on a terminal it counts down on one line, and leaves none behind', async () => {
  const { written, told, pause } = open(true);
  await pass(3_000, pause(3_000));
  const shown = [3, 2, 1].map((left) => `${erased}Waiting until 09:00:03, 0:0${left} left. Ctrl-C stops.`);
  expect(written.slice(0, 3)).toEqual(shown);
  expect(written.at(-1)).toBe(erased);
  expect(told).toEqual([]);
});

test('a wait in pieces is one wait: the end that is shown is the end of all of them', async () => {
  const [log, terminal] = [open(false), open(true)];
  for (const whole of [600_000, 599_990]) {
    for (const { pause } of [log, terminal]) pause(10, { whole, help: 'Run it again.' });
    await pass(10);
  }
  expect(log.told).toEqual(['Waiting 600 s, until 09:10:00. Run it again.']);
  const shown = terminal.written.filter((text) => text.includes('left'));
  expect(shown).toEqual(Array(2).fill(`${erased}Waiting until 09:10:00, 10:00 left. Run it again.`));
});

test('work that takes long says what it is, until when, and how to stop; then it counts down and says how far it is', async () => {
  const { written, told, watch } = open(true);
  const work = watch('AWS has not answered', 60_000, after(3_500, 'done'), () => '3 of 5');
  expect(await pass(3_500, work)).toBe('done');
  expect(told).toEqual(['AWS has not answered: waiting until 09:01:00 at the latest. Ctrl-C stops.']);
  const shown = [58, 57].map((left) => `${erased}Waiting until 09:01:00, 0:${left} left. Ctrl-C stops. 3 of 5`);
  expect(written).toEqual([...shown, erased]);
});

test('several waits are shown as one, to the last end, on a line that fits', async () => {
  const { written, watch } = open(true, 40);
  const both = [watch('One', 60_000, after(2_300, 1)), watch('Two', 120_000, after(2_300, 2))];
  await pass(2_300, Promise.all(both));
  expect(written).toContain(`${erased}Waiting until 09:02:00, 1:58 left. Ctrl`);
  expect(written.at(-1)).toBe(erased);
});

test('a moment is not spoken of, and what failed fails', async () => {
  const { written, told, pause, watch } = open(true);
  await pass(10, pause(10));
  await expect(watch('Work', 60_000, Promise.reject(new Error('No.')))).rejects.toThrow('No.');
  expect([...written, ...told]).toEqual([]);
});

test('a wait that was not shown leaves the line to others', async () => {
  const { line, written, watch } = open(true);
  line.show('50 %');
  await watch('Work', 60_000, Promise.resolve());
  expect(written).toEqual([`${erased}50 %`]);
});
