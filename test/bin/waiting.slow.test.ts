import { expect, test } from '@jest/globals';
import { pause } from '../../bin/waiting.ts';

/** A screen that keeps what was written. */
function screen(isTTY: boolean) {
  const written: string[] = [];
  return { isTTY, written, write: (text: string) => written.push(text) };
}

test('a wait says how long, until when, and how to stop', async () => {
  const { written, ...log } = screen(false);
  await pause(3_000, log);
  expect(written).toEqual([
    expect.stringMatching(
      /^Waiting 3 s, until \d\d:\d\d:\d\d\. Ctrl-C stops; run the same command to continue later\.\n$/,
    ),
  ]);
});

test('on a terminal it counts down on one line, and leaves none behind', async () => {
  const { written, ...terminal } = screen(true);
  await pause(3_000, terminal);
  const left = written.map((text) => /(\d:\d\d) left/.exec(text)?.[1]);
  expect(left.slice(0, 3)).toEqual(['0:03', '0:02', '0:01']);
  expect(written.every((text) => !text.includes('\n'))).toBe(true);
  expect(written.at(-1)).toBe('\r\u001b[K');
});

test('a moment is not spoken of', async () => {
  const { written, ...log } = screen(false);
  await pause(10, log);
  expect(written).toEqual([]);
});
