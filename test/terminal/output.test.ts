import { expect, test } from '@jest/globals';
import { explain, formatTable } from '../../terminal/output.ts';
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
