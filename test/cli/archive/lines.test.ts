import { gzipSync } from 'node:zlib';
import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { type Line, readLines } from '../../../cli/archive/lines.ts';
import { collect } from './archive.ts';

/** Lines of bytes that come in chunks of a size. */
async function linesOf(bytes: Uint8Array, chunk = 1_000_000): Promise<Line[]> {
  async function* chunks() {
    for (let start = 0; start < bytes.length; start += chunk) yield bytes.subarray(start, start + chunk);
  }
  return (await collect(readLines(chunks()))).flat();
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
  expect(await linesOf(bytes, 1)).toEqual(numbered('one', 'two'));
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

test('any text comes back, however it is cut', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.string({ unit: 'grapheme', minLength: 1 }).filter((text) => !/[\r\n]/.test(text))),
      fc.integer({ min: 1, max: 40 }),
      async (texts, chunk) => {
        expect(await linesOf(gzipSync(texts.map((text) => `${text}\n`).join('')), chunk)).toEqual(numbered(...texts));
      },
    ),
    { numRuns: 50 },
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
  const lines = await linesOf(bytes, 1_000);
  expect(lines.length).toBeGreaterThan(1_000);
  expect(lines.slice(0, -1)).toEqual(numbered(...long.slice(0, lines.length - 1)));
  expect(lines.at(-1)).toEqual({ number: lines.length, broken: expect.stringContaining(reason) });
});

test('a line that is longer than any event is broken, and those behind it are read', async () => {
  const lines = await linesOf(Buffer.from(`one\n${'x'.repeat(5_000_000)}\nthree\n`), 65_536);
  expect(lines).toEqual([
    { number: 1, text: 'one' },
    { number: 2, broken: expect.stringContaining('5000000 bytes') },
    { number: 3, text: 'three' },
  ]);
});

test('what the source throws is thrown, and is no broken line', async () => {
  async function* source() {
    yield gzipSync('one\n').subarray(0, 12);
    throw new Error('no S3');
  }
  await expect(collect(readLines(source()))).rejects.toThrow('no S3');
});
