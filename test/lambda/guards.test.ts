import { expect, test } from '@jest/globals';
import { isAccount, isJsonMediaType, isObject, isTimestamp, isUuid } from '../../lambda/guards.ts';

test.each([
  [{}, true],
  [Object.create(null), true],
  [[], false],
  [null, false],
  [undefined, false],
  ['{}', false],
  [() => {}, false],
])('%j is an object: %j', (value, expected) => {
  expect(isObject(value)).toBe(expected);
});

test.each([
  ['0c9d9a3e-7f0e-4f4b-9c3f-1d6f2b8a7e55', true],
  ['0C9D9A3E-7F0E-4F4B-9C3F-1D6F2B8A7E55', true],
  ['x0c9d9a3e-7f0e-4f4b-9c3f-1d6f2b8a7e55', false],
  ['0c9d9a3e-7f0e-4f4b-9c3f-1d6f2b8a7e55\n', false],
  ['0c9d9a3e-7f0e-4f4b-1d6f2b8a7e55', false],
  ['0c9d9a3e-7f0e-4f4b-9c3f-4f4b-1d6f2b8a7e55', false],
  ['0c9d9a3e7f0e4f4b9c3f1d6f2b8a7e55', false],
  ['gc9d9a3e-7f0e-4f4b-9c3f-1d6f2b8a7e55', false],
  ['0c9d9a3e-gf0e-4f4b-9c3f-1d6f2b8a7e55', false],
  ['0c9d9a3e-7f0e-4f4b-9c3f-gd6f2b8a7e55', false],
  ['', false],
  [['0c9d9a3e-7f0e-4f4b-9c3f-1d6f2b8a7e55'], false],
])('%j is a UUID: %j', (value, expected) => {
  expect(isUuid(value)).toBe(expected);
});

test.each([
  ['2018-07-18T06:33:51.785Z', true],
  ['2018-07-18T06:33:51Z', true],
  ['2018-07-18T06:33:51.123456789Z', true],
  ['2018-07-18T06:33:51.1234567890Z', false],
  ['2018-07-18T06:33:51.Z', false],
  ['2018-07-18T06:33:51.xZ', false],
  ['2018-07-18T06:33:51xZ', false],
  ['2018-07-18T06:33:51+10:00', true],
  ['2018-07-18T06:33:51-12:30', true],
  ['2018-07-18T06:33:51+1000', false],
  ['2018-07-18T06:33:51+xx:00', false],
  ['2018-07-18T06:33:51+10:xx', false],
  ['2018-07-18T06:33:51+25:00', false],
  ['2018-07-18T06:33:51', false],
  ['2018-07-18T06:33:51ZZ', false],
  ['x2018-07-18T06:33:51Z', false],
  ['+002018-07-18T06:33:51Z', false],
  ['2018-07-18T06:33:51Z\0', false],
  [['2018-07-18T06:33:51Z'], false],
  ['2018-07-18 06:33:51Z', false],
  ['0001-01-01T00:00:00Z', true],
  ['0000-01-01T00:00:00Z', false],
  ['2000-02-29T00:00:00Z', true],
  ['2018-02-29T00:00:00Z', false],
  ['2018-13-18T06:33:51Z', false],
  ['2018-07-18T24:00:00Z', false],
  ['2018-07-18T23:59:59Z', true],
  ['2018-07-18T10:00:00Z', true],
  ['2018-07-18T1x:00:00Z', false],
  ['2018-07-18T2x:00:00Z', false],
  ['2018-07-18T06:60:00Z', false],
  ['2018-07-18T06:33:60Z', false],
  ['yesterday', false],
  [1_531_895_631_785, false],
  [null, false],
])('%j is a timestamp: %j', (value, expected) => {
  expect(isTimestamp(value)).toBe(expected);
});

test.each([
  ['MessageMedia123', true],
  ['!~', true],
  ['a'.repeat(128), true],
  ['a'.repeat(129), false],
  ['', false],
  ['a b', false],
  ['a\n', false],
  [' a', false],
  ['\u007f', false],
  ['ä', false],
  [7, false],
  [['a'], false],
])('%j may be an account: %j', (value, expected) => {
  expect(isAccount(value)).toBe(expected);
});

test.each([
  ['application/json', true],
  ['APPLICATION/JSON', true],
  ['text/json', true],
  ['application/json; charset=utf-8', true],
  ['application/json ; charset=utf-8', true],
  ['application/cloudevents+json', true],
  ['application/a+b+json;v=1', true],
  ['application/jsonp', false],
  ['application/json seq', false],
  ['application/json-seq', false],
  ['application/xml; a=+json', false],
  ['application/xml;a/json', false],
  ['a;b/json', false],
  ['json', false],
  ['/json', false],
  ['', false],
])('%s says JSON: %j', (mediaType, expected) => {
  expect(isJsonMediaType(mediaType)).toBe(expected);
});
