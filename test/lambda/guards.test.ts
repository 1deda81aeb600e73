import { expect, test } from '@jest/globals';
import { isAccount, isJsonMediaType, isObject, isTimestamp, isUuid } from '../../lambda/guards.ts';

test('an object is neither a list nor nothing nor another value', () => {
  expect([{}, Object.create(null)].every(isObject)).toBe(true);
  expect([[], null, undefined, '{}', () => {}].some(isObject)).toBe(false);
});

const uuid = '0c9d9a3e-7f0e-4f4b-9c3f-1d6f2b8a7e55';
test.each([uuid, uuid.toUpperCase()])('%j is a UUID', (value) => {
  expect(isUuid(value)).toBe(true);
});

test.each([
  ...[`x${uuid}`, `${uuid}\n`, '0c9d9a3e-7f0e-4f4b-1d6f2b8a7e55', '0c9d9a3e-7f0e-4f4b-9c3f-4f4b-1d6f2b8a7e55'],
  ...[uuid.replaceAll('-', ''), 'gc9d9a3e-7f0e-4f4b-9c3f-1d6f2b8a7e55', '0c9d9a3e-gf0e-4f4b-9c3f-1d6f2b8a7e55'],
  ...['0c9d9a3e-7f0e-4f4b-9c3f-gd6f2b8a7e55', '', [uuid]],
])('%j is no UUID', (value) => {
  expect(isUuid(value)).toBe(false);
});

test.each([
  ...['2018-07-18T06:33:51.785Z', '2018-07-18T06:33:51Z', '2018-07-18T06:33:51.123456789Z', '2018-07-18T23:59:59Z'],
  ...['2018-07-18T06:33:51+10:00', '2018-07-18T06:33:51-12:30', '2018-07-18T10:00:00Z', '0001-01-01T00:00:00Z'],
  '2000-02-29T00:00:00Z',
])('%j is a timestamp', (value) => {
  expect(isTimestamp(value)).toBe(true);
});

test.each([
  ...['2018-07-18T06:33:51.1234567890Z', '2018-07-18T06:33:51.Z', '2018-07-18T06:33:51.xZ', '2018-07-18T06:33:51xZ'],
  ...['2018-07-18T06:33:51+1000', '2018-07-18T06:33:51+xx:00', '2018-07-18T06:33:51+10:xx'],
  ...['2018-07-18T06:33:51+25:00', '2018-07-18T06:33:51', '2018-07-18T06:33:51ZZ', 'x2018-07-18T06:33:51Z'],
  ...['+002018-07-18T06:33:51Z', '2018-07-18T06:33:51Z\0', '2018-07-18 06:33:51Z', '0000-01-01T00:00:00Z'],
  ...['2018-02-29T00:00:00Z', '2018-13-18T06:33:51Z', '2018-07-18T24:00:00Z', '2018-07-18T1x:00:00Z'],
  ...['2018-07-18T2x:00:00Z', '2018-07-18T06:60:00Z', '2018-07-18T06:33:60Z', 'yesterday'],
  ...[['2018-07-18T06:33:51Z'], 1_531_895_631_785, null],
])('%j is no timestamp', (value) => {
  expect(isTimestamp(value)).toBe(false);
});

test.each(['MessageMedia123', '!~', 'a'.repeat(128)])('%j may be an account', (value) => {
  expect(isAccount(value)).toBe(true);
});

test.each(['a'.repeat(129), '', 'a b', 'a\n', ' a', '\u007f', 'ä', 7, ['a']])('%j is no account', (value) => {
  expect(isAccount(value)).toBe(false);
});

test.each([
  ...['application/json', 'APPLICATION/JSON', 'text/json', 'application/json; charset=utf-8'],
  ...['application/json ; charset=utf-8', 'application/cloudevents+json', 'application/a+b+json;v=1'],
])('%s says JSON', (mediaType) => {
  expect(isJsonMediaType(mediaType)).toBe(true);
});

test.each([
  ...['application/jsonp', 'application/json seq', 'application/json-seq', 'application/xml; a=+json'],
  ...['application/xml;a/json', 'a;b/json', 'json', '/json', ''],
])('"%s" does not say JSON', (mediaType) => {
  expect(isJsonMediaType(mediaType)).toBe(false);
});
