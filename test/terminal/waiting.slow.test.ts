import { setTimeout as sleep } from 'node:timers/promises';
import { expect, test } from '@jest/globals';
import { StatusLine } from '../../terminal/status-line.ts';
import { createWaits } from '../../terminal/waiting.ts';

/** Waits on a screen that keeps what was written. */
function open(isTTY: boolean, columns = 80) {
  const written: string[] = [];
  const told: string[] = [];
  const line = new StatusLine({ isTTY, columns, write: (text: string) => written.push(text) });
  return { written, told, ...createWaits(line, (message) => told.push(message)) };
}

const clock = (time: number) => new Date(time).toTimeString().slice(0, 8);

test('a pause says how long, until when, and how to stop', async () => {
  const { written, told, pause } = open(false);
  await pause(3_000);
  expect(told).toEqual([expect.stringMatching(/^Waiting 3 s, until \d\d:\d\d:\d\d\. Ctrl-C stops\.$/)]);
  expect(written).toEqual([]);
});

test('on a terminal it counts down on one line, and leaves none behind', async () => {
  const { written, told, pause } = open(true);
  await pause(3_000);
  const left = new Set(written.flatMap((text) => /(\d:\d\d) left/.exec(text)?.[1] ?? []));
  // A busy machine may skip a second.
  expect(['0:03', '0:02', '0:01', '0:00'].filter((time) => left.has(time))).toEqual([...left]);
  expect([left.has('0:03'), left.size >= 3]).toEqual([true, true]);
  expect(written.every((text) => !text.includes('\n'))).toBe(true);
  expect(written.at(-1)).toBe('\r\u001b[K');
  expect(told).toEqual([]);
});

test('a wait in pieces is one wait: the end that is shown is the end of all of them', async () => {
  const [log, terminal] = [open(false), open(true)];
  const until = clock(Date.now() + 600_000);
  for (const { pause } of [log, terminal]) {
    for (const left of [600_000, 599_990]) await pause(10, { whole: left, help: 'Run it again.' });
  }
  expect(log.told).toHaveLength(1);
  expect(log.told[0]).toMatch(/^Waiting 600 s, until .*\. Run it again\.$/);
  const shown = terminal.written.filter((text) => text.includes('left'));
  expect(shown).toHaveLength(2);
  for (const text of shown) expect(text).toMatch(/(10:00|9:59) left/);
  expect(Number(shown[0]?.includes(until)) + Number(shown[0]?.includes(clock(Date.now() + 600_000)))).not.toBe(0);
});

test('work that takes long says what it is, until when, and how to stop; then it counts down and says how far it is', async () => {
  const { written, told, watch } = open(true);
  const begun = Date.now();
  await expect(watch('AWS has not answered', 60_000, sleep(3_500, 'done'), () => '3 of 5')).resolves.toBe('done');
  const ends = [0, 1].map((late) => `until ${clock(begun + 60_000 + late * 1_000)}`);
  expect(told).toEqual([
    expect.stringMatching(/^AWS has not answered: waiting until .* at the latest\. Ctrl-C stops\.$/),
  ]);
  expect(ends.some((end) => told[0]?.includes(end))).toBe(true);
  expect(written.filter((text) => /0:5\d left\. Ctrl-C stops\. 3 of 5/.test(text)).length).toBeGreaterThanOrEqual(2);
  expect(written.at(-1)).toBe('\r\u001b[K');
});

test('several waits are shown as one, to the last end, on a line that fits', async () => {
  const { written, watch } = open(true, 40);
  await Promise.all([watch('One', 60_000, sleep(2_300)), watch('Two', 120_000, sleep(2_300))]);
  expect(written.some((text) => /1:5\d left/.test(text))).toBe(true);
  for (const text of written) expect(text.replace('\r\u001b[K', '').length).toBeLessThan(40);
  expect(written.at(-1)).toBe('\r\u001b[K');
});

test('a moment is not spoken of, and what failed fails', async () => {
  const { written, told, pause, watch } = open(true);
  await pause(10);
  await expect(watch('Work', 60_000, Promise.reject(new Error('No.')))).rejects.toThrow('No.');
  expect([...written, ...told]).toEqual([]);
});
