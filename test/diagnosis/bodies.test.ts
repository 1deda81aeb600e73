import { brotliCompressSync, deflateSync, gzipSync } from 'node:zlib';
import { describe, expect, test } from '@jest/globals';
import { bodyCandidates } from '../../diagnosis/bodies.ts';
import type { Cause } from '../../diagnosis/causes.ts';

/** The bodies that one cause explains, byte by byte as Latin-1. */
const found = (cause: Cause, arrived: string | Buffer) =>
  bodyCandidates(Buffer.from(arrived as string))
    .filter((candidate) => candidate.cause === cause)
    .map(({ part }) => part.toString('latin1'));

test('likeliest first, each once, and never the body that arrived', () => {
  const all = bodyCandidates(Buffer.from('{"b":"","a":""}\n'));
  const parts = all.map(({ part }) => part.toString('latin1'));
  expect(new Set(parts).size).toBe(parts.length);
  expect(parts).not.toContain('{"b":"","a":""}\n');
  expect([...new Set(all.map(({ cause }) => cause.slice('body_'.length)))]).toEqual([
    'bom',
    'newline',
    'rewritten',
    'charset',
    'base64',
    'added',
    'key_order',
  ]);
});

test('a byte order mark was removed, or added', () => {
  expect(found('body_bom', 'x')).toEqual(['\xef\xbb\xbfx']);
  expect(found('body_bom', '\ufeffx')).toEqual(['x']);
  expect(found('body_rewritten', '\ufeff{"a": 1}')[0]).toBe('{"a":1}');
  expect(found('body_rewritten', '{"a": "\ufeff"}')[0]).toBe('{"a":"\xef\xbb\xbf"}');
});

test('line breaks were changed, or those at the end', () => {
  expect(found('body_newline', ' x\r\ny\n\r\n')).toEqual([
    ' x\r\ny',
    ' x\r\ny\n',
    'x\r\ny',
    ' x\ny\n\n',
    ' x\r\ny\r\n\r\n',
    ' xy',
    ' x\r\ny\n\r\n\n',
    ' x\r\ny\n\r\n\r\n',
  ]);
  expect(found('body_newline', 'x\ry')).toEqual(['xy', 'x\ry\n', 'x\ry\r\n']);
  expect(found('body_newline', 'x\n')).toEqual(['x', 'x\r\n', 'x\n\n', 'x\n\r\n']);
  expect(found('body_newline', '\n')).toEqual(['', '\r\n', '\n\n', '\n\r\n']);
  expect(found('body_newline', 'x\n\n')).toContain('x\n');
  expect(found('body_newline', '')).toEqual(['\n', '\r\n']);
  expect(found('body_newline', Buffer.from([0xff, 0x0a]))).toEqual(['\xff\n\n', '\xff\n\r\n']);
});

describe('a form was rewritten', () => {
  test('in its spaces and escapes', () => {
    expect(found('body_rewritten', "a=b+c%20d&e%c3%A9=(f'")).toEqual([
      "a=b+c%20d&e%C3%A9=(f'",
      "a=b+c%20d&e%c3%a9=(f'",
      "a=b%20c%20d&e%c3%A9=(f'",
      "a=b%20c%20d&e%C3%A9=(f'",
      "a=b%20c%20d&e%c3%a9=(f'",
      "a=b+c+d&e%c3%A9=(f'",
      "a=b+c+d&e%C3%A9=(f'",
      "a=b+c+d&e%c3%a9=(f'",
      'a=b+c+d&e%C3%A9=%28f%27',
      'a=b+c+d&e%c3%a9=%28f%27',
      'a=b%20c%20d&e%C3%A9=%28f%27',
      'a=b%20c%20d&e%c3%a9=%28f%27',
    ]);
  });

  test('in the case of an escape that nothing needs', () => {
    expect(found('body_rewritten', 'a=%2a')).toContain('a=%2A');
    expect(found('body_rewritten', 'a=%2A')).toContain('a=%2a');
  });

  test('and nothing else is a form', () => {
    for (const text of ['=b', '{a=b', '<a=b', '[a=b', ' a=b', 'a b=c', '\na=+', '']) {
      expect(found('body_rewritten', text)).toEqual([]);
    }
    expect(found('body_rewritten', 'ab=+')).toEqual(['ab=%20']);
  });
});

test('it was read in one charset, and written in another', () => {
  const charsets = (text: string) => found('body_charset', text);
  const written = (text: string, read: BufferEncoding) => Buffer.from(text, read).toString('latin1');
  expect(charsets('é€')).toEqual([
    written('Ã©â\x82¬', 'utf8'),
    written('é€', 'latin1'),
    written('Ã©â‚¬', 'utf8'),
    '\xe9\x80',
    written(Buffer.from('é€').toString('utf16le'), 'utf8'),
    written('é€', 'utf16le'),
  ]);
  expect(charsets('世é')).not.toContain('\0\xe9');
});

describe('it is base64', () => {
  test.each([
    ['YWJj', 'abc'],
    ['YWI=', 'ab'],
    ['YQ==\n', 'a'],
    ['YW\r\nJj', 'abc'],
    ['+/+/', '\xfb\xff\xbf'],
    ['-_-_', '\xfb\xff\xbf'],
  ])('%j', (arrived, signed) => {
    expect(found('body_base64', arrived)).toEqual([signed, Buffer.from(arrived).toString('base64')]);
  });

  test('or it was, before it was decoded', () => {
    for (const text of ['YWJj.', '.YWJj', 'YQ===', 'YWJj=YWJj', '-_-_.', '.-_-_', '{}', 'YWJj=='.repeat(2)])
      expect(found('body_base64', text)).toEqual([Buffer.from(text).toString('base64')]);
    expect(found('body_base64', '')).toEqual([]);
  });
});

test('it is compressed, and does not become too large', () => {
  for (const compress of [gzipSync, deflateSync, brotliCompressSync]) {
    expect(found('body_compression', compress('{"a":1}'))).toEqual(['{"a":1}']);
  }
  expect(found('body_compression', gzipSync(Buffer.alloc(8_000_001)))).toEqual([]);
  expect(found('body_compression', '{"a":1}')).toEqual([]);
});

test('it was added', () => {
  expect(found('body_added', '{}')).toEqual(['']);
  expect(bodyCandidates(Buffer.alloc(0)).map(({ cause }) => cause)).not.toContain('body_added');
});

test('the order of its members was changed', () => {
  expect(found('body_key_order', '{"b":1,"a":2}')).toEqual(['{"a":2,"b":1}']);
});
