import { expect, jest, test } from '@jest/globals';
import { fold } from '../../terminal/fold.ts';
import { explain, formatTable, progress } from '../../terminal/output.ts';
import { createProgressBar, StatusLine } from '../../terminal/status-line.ts';
import { counted, toJson, visible, visibleOnOneLine } from '../../terminal/text.ts';

test('control characters are written out, line breaks and all other characters stay', () => {
  expect(visible('a\u0000\t\r\u001b[2J\u007f\u0085\u009b1m\u200e\u202e\u2066\u061c\u2028')).toBe(
    'a\\u0000\\u0009\\u000d\\u001b[2J\\u007f\\u0085\\u009b1m\\u200e\\u202e\\u2066\\u061c\\u2028',
  );
  expect(visible('Größe\n你好 👍🏽 👨‍👩‍👧')).toBe('Größe\n你好 👍🏽 👨‍👩‍👧');
  expect(visibleOnOneLine('a\nb')).toBe('a\\u000ab');
});

test('one thing is not many', () => {
  expect([0, 1, 2].map((count) => counted(count, 'try', 'tries'))).toEqual(['0 tries', '1 try', '2 tries']);
  expect(counted(2, 'dead letter')).toBe('2 dead letters');
});

test('every character can be in a cell, in JSON, and in an error', () => {
  const all = String.fromCodePoint(...Array.from({ length: 0x2100 }, (_, index) => index));
  expect(formatTable(['head'], [[all]])).toContain('\\u0001');
  expect(toJson({ all })).not.toMatch(/[\p{Cc}\p{Bidi_Control}]/u);
  expect(JSON.parse(toJson({ all }, 2))).toEqual({ all });
  const error = new Error('outside', { cause: new Error('\u001b[2J') });
  expect(explain(error)).toBe('outside\n  because: \\u001b[2J');
});

test('a table that is wider than the terminal becomes a block of lines for each row', () => {
  const rows = [
    ['9e1bd0c9', 'https://hooks.example.com/messagemedia', 'A\nB'],
    ['0a7f2f9f', '', 'C'],
  ];
  expect(formatTable(['id', 'url', 'events'], rows, 80)).toContain('│ id       │ url');
  expect(formatTable(['id', 'url', 'events'], rows, 50)).toBe(
    [
      '9e1bd0c9',
      '  url     https://hooks.example.com/messagemedia',
      '  events  A',
      '          B',
      '',
      '0a7f2f9f',
      '  events  C',
    ].join('\n'),
  );
});

test('what is nested too deeply is left out of JSON, at any depth', () => {
  const deep: unknown = JSON.parse('['.repeat(50_000) + ']'.repeat(50_000));
  const flat = { date: new Date(0), list: [1, null, { a: true }], absent: undefined };
  expect(toJson(flat, 2)).toBe(JSON.stringify(flat, null, 2));
  expect(toJson(deep)).toMatch(/^\[{200}"… nested too deeply to be shown"\]{200}$/);
  expect(toJson({ toJSON: deep })).toContain('nested too deeply');
});

test('lines that are too long go on below their beginning', () => {
  expect(fold('✓ Keyring: 1 of 1 keys can verify\n    It is well and stays so.\nshort', 20)).toBe(
    ['✓ Keyring: 1 of 1', '  keys can verify', '    It is well and', '    stays so.', 'short'].join('\n'),
  );
});

test('a word is never cut, and a command stays on one line, which is its own', () => {
  expect(fold('See https://example.com/a/long/path of it', 20)).toBe(
    ['See', 'https://example.com/a/long/path', 'of it'].join('\n'),
  );
  expect(fold('    What to do: npx mmw keys list --stack s', 20)).toBe(
    ['    What to do:', '      npx mmw keys list --stack s'].join('\n'),
  );
  expect(fold("export QUEUE_URL='https://queue one two'", 20)).toBe("export QUEUE_URL='https://queue one two'");
});

/** A bar over 1,000 bytes, and a screen and a clock for it. */
function startBar(isTTY: boolean) {
  const written: string[] = [];
  let now = 0;
  const line = new StatusLine({ isTTY, write: (text: string) => written.push(text) });
  const bar = createProgressBar(1_000, 'events', { line, now: () => now });
  const at = (seconds: number, done: number, count: number) => {
    now = seconds * 1_000;
    bar.update(done, count);
  };
  return { bar, at, written };
}

test('on a terminal a bar has the share, the rate and the time left, and leaves nothing behind', () => {
  const { bar, at, written } = startBar(true);
  at(0, 0, 0);
  at(0.1, 100, 10);
  at(10, 250, 50);
  bar.clear();
  expect(written).toEqual(['\r\u001b[K██████░░░░░░░░░░░░░░░░░░ 25 %, 50 events, 5 a second, 0:30 left', '\r\u001b[K']);
});

test('elsewhere it is a line every half a minute', () => {
  const { bar, at, written } = startBar(false);
  for (let second = 0; second <= 75; second++) at(second, second, second);
  bar.clear();
  expect(written).toEqual(['3 %, 30 events, 1 a second, 16:10 left\n', '6 %, 60 events, 1 a second, 15:40 left\n']);
});

test('what an earlier run did took no time', () => {
  const { at, written } = startBar(false);
  at(0, 900, 5_000);
  at(40, 950, 5_400);
  expect(written).toEqual(['95 %, 5400 events, 10 a second, 0:40 left\n']);
});

test('what is reported meanwhile has a line of its own, which the bar is not on', () => {
  const { isTTY } = process.stderr;
  process.stderr.isTTY = true;
  const written: string[] = [];
  const write = jest.spyOn(process.stderr, 'write').mockImplementation((text) => written.push(String(text)) > 0);
  let now = 0;
  const bar = createProgressBar(1_000, 'events', { now: () => now });
  now = 10_000;
  bar.update(100, 10);
  progress('One line is bad.');
  write.mockRestore();
  process.stderr.isTTY = isTTY;
  expect(written).toEqual([expect.stringContaining('10 %'), '\r\u001b[K', 'One line is bad.\n']);
});
