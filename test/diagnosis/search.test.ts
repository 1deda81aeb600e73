import { createHash } from 'node:crypto';
import { describe, expect, test } from '@jest/globals';
import { findSignedBytes, type Parts } from '../../diagnosis/search.ts';

const parts: Parts = {
  method: 'POST',
  target: '/a',
  date: 'D',
  body: Buffer.from('{}'),
  targets: [
    { part: '/b', cause: 'path_prefix_added' },
    { part: '/c', cause: 'trailing_slash' },
  ],
  dates: [
    { part: 'R', cause: 'date_reformatted' },
    { part: 'E', cause: 'date_replaced' },
  ],
  bodies: [
    { part: Buffer.from('x'), cause: 'body_newline' },
    { part: Buffer.from(''), cause: 'body_added' },
  ],
};
const find = (signed: string, more: Partial<Parts> = {}, digest = 'SHA256') =>
  findSignedBytes({ ...parts, ...more }, { digest, hash: createHash(digest).update(signed).digest() });

test.each([
  ['POST /a HTTP/1.1D{}', []],
  ['{}', ['body_alone']],
  ['POST /a HTTP/1.1{}', ['no_date']],
  ['POST / HTTP/1.1{}', ['fixed_request_line', 'no_date']],
  ['D{}', ['fixed_request_line']],
  ['POST /a HTTP/1.1\nD\n{}', ['separators']],
  ['POST /a HTTP/1.1\r\nD\r\n{}', ['separators']],
  ['POST /a HTTP/1.1 D {}', ['separators']],
  ['POST /b HTTP/1.1D{}', ['path_prefix_added']],
  ['POST /c HTTP/1.1D{}', ['trailing_slash']],
  ...['GET', 'PUT', 'PATCH', 'DELETE', 'HEAD', 'post', 'get'].map(
    (method) => [`${method} /a HTTP/1.1D{}`, ['method_changed']] as const,
  ),
  ...['HTTP/1.0', 'HTTP/2', 'HTTP/2.0', 'HTTP/3', 'http/1.1', ''].map(
    (version) => [`POST /a ${version}D{}`, ['http_version']] as const,
  ),
  ['POST /a HTTP/1.1R{}', ['date_reformatted']],
  ['POST /a HTTP/1.1E{}', ['date_replaced']],
  ['POST /a HTTP/1.1Dx', ['body_newline']],
  ['POST /a HTTP/1.1D', ['body_added']],
])('one change, or one of a sample: %j', (signed, causes) => {
  expect(find(signed)).toEqual(causes);
});

test('the method of a GET was POST', () => {
  expect(find('POST /a HTTP/1.1D{}', { method: 'GET' })).toEqual(['method_changed']);
  expect(find('POST /b HTTP/1.1D{}', { method: 'GET' })).toEqual(['method_changed', 'path_prefix_added']);
  expect(find('POST /a HTTP/1.1E{}', { method: 'GET' })).toEqual(['method_changed', 'date_replaced']);
});

test.each([
  ['POST /b HTTP/1.1Dx', ['path_prefix_added', 'body_newline']],
  ['PUT /a HTTP/1.1Dx', ['method_changed', 'body_newline']],
  ['POST /a HTTP/2Dx', ['http_version', 'body_newline']],
  ['POST /a HTTP/1.1Rx', ['date_reformatted', 'body_newline']],
  ['POST /a HTTP/1.1Ex', ['date_replaced', 'body_newline']],
  ['POST /a HTTP/1.1x', ['no_date', 'body_newline']],
  ['PUT /c HTTP/1.1D{}', ['method_changed', 'trailing_slash']],
  ['POST /c HTTP/2D{}', ['trailing_slash', 'http_version']],
  ['POST /c HTTP/1.1R{}', ['trailing_slash', 'date_reformatted']],
  ['POST /c HTTP/1.1E{}', ['trailing_slash', 'date_replaced']],
  ['PUT /a HTTP/1.1E{}', ['method_changed', 'date_replaced']],
])('two changes: %j', (signed, causes) => {
  expect(find(signed)).toEqual(causes);
  expect(find(signed, {}, 'SHA512')).toEqual(causes);
});

test.each(['{', 'PUT /b HTTP/1.1Dx', 'PUT /a HTTP/1.1ED', 'POST /a HTTP/1.1D{} '])('nothing explains %j', (signed) => {
  expect(find(signed)).toBeUndefined();
});

describe('the simplest explanation comes first:', () => {
  test('what arrived, before what would be the same', () => {
    expect(find('POST /a HTTP/1.1D{}', { targets: [{ part: '/a', cause: 'trailing_slash' }] })).toEqual([]);
  });

  test('another target, before a date that is tried second by second', () => {
    const same = { targets: [{ part: '/a HTTP/1.1E', cause: 'trailing_slash' as const }] };
    expect(find('POST /a HTTP/1.1E HTTP/1.1D{}', same)).toEqual(['trailing_slash']);
  });

  test('another format of the date, before another body, before a date that is tried second by second', () => {
    const bodies = [{ part: Buffer.from('x{}'), cause: 'body_newline' as const }];
    const causesWith = (cause: 'date_reformatted' | 'date_replaced') =>
      find('POST /a HTTP/1.1Dx{}', { bodies, dates: [{ part: 'Dx', cause }] });
    expect(causesWith('date_reformatted')).toEqual(['date_reformatted']);
    expect(causesWith('date_replaced')).toEqual(['body_newline']);
  });
});
