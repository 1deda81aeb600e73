import { gzipSync } from 'node:zlib';
import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { type Line, readLines } from '../../../cli/archive/lines.ts';
import { collect } from './archive.ts';

async function linesOf(bytes: Uint8Array): Promise<Line[]> {
  return collect(readLines(bytes));
}
const numbered = (...texts: string[]) => texts.map((text, index) => ({ number: index + 1, text }));

test.each([
  ['gzip', gzipSync('one\ntwo\n')],
  ['gzip in several members', Buffer.concat([gzipSync('on'), gzipSync('e\n'), gzipSync('two\n')])],
  ['plain text', Buffer.from('one\ntwo\n')],
  ['a last line without its end', gzipSync('one\ntwo')],
  ['line ends of Windows', Buffer.from('one\r\ntwo\r\n')],
])('reads %s', async (_, bytes) => {
  expect(await linesOf(bytes)).toEqual(numbered('one', 'two'));
});

test('an object without anything in it has no line', async () => {
  expect(await linesOf(Buffer.alloc(0))).toEqual([]);
  expect(await linesOf(gzipSync(''))).toEqual([]);
});

test('only a line feed ends a line, and empty ones are counted', async () => {
  expect(await linesOf(Buffer.from('a\u2028b\n\nc\n'))).toEqual([
    { number: 1, text: 'a\u2028b' },
    { number: 3, text: 'c' },
  ]);
});

test('any text comes back, wherever zlib cuts it', async () => {
  const texts = fc.array(fc.string({ unit: 'grapheme', minLength: 1 }).filter((text) => !/[\r\n]/.test(text)));
  await fc.assert(
    fc.asyncProperty(texts, async (some) => {
      const all = some.length === 0 ? [] : Array.from({ length: 5_000 }, (_, index) => some[index % some.length] ?? '');
      const lines = await linesOf(gzipSync(all.map((text) => `${text}\n`).join('')));
      expect(JSON.stringify(lines)).toBe(JSON.stringify(numbered(...all)));
    }),
    { numRuns: 20 },
  );
});

// As long as zlib has to give in several pieces: the last of them is gone with the error.
const long = Array.from({ length: 20_000 }, (_, index) => `line ${index}`);
const whole = gzipSync(`${long.join('\n')}\n`);
test.each([
  ['is cut off', whole.subarray(0, -9), 'cannot be decompressed'],
  ['has a changed check sum', Buffer.concat([whole.subarray(0, -8), Buffer.alloc(8)]), 'cannot be decompressed'],
  ['goes on with something else', Buffer.concat([whole, Buffer.from('two\nthree\n')]), 'cannot be decompressed'],
  ['goes on with zeroes', Buffer.concat([whole, Buffer.alloc(20)]), 'is not gzip'],
])('an object that %s has a broken line where it ends', async (_, bytes, reason) => {
  const lines = await linesOf(bytes);
  expect(lines.length).toBeGreaterThan(1_000);
  expect(JSON.stringify(lines.slice(0, -1))).toBe(JSON.stringify(numbered(...long.slice(0, lines.length - 1))));
  expect(lines.at(-1)).toEqual({ number: lines.length, broken: expect.stringContaining(reason) });
});

test('a line that is longer than any event is broken, and those behind it are read', async () => {
  const lines = await linesOf(Buffer.from(`one\n${'x'.repeat(5_000_000)}\nthree\n`));
  expect(lines).toEqual([
    { number: 1, text: 'one' },
    { number: 2, broken: expect.stringContaining('5000000 bytes') },
    { number: 3, text: 'three' },
  ]);
});
