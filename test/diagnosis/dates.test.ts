import { expect, test } from '@jest/globals';
import { dateCandidates } from '../../diagnosis/dates.ts';

const signed = 'Tue, 24 Nov 2026 09:00:00 GMT';

test.each([
  ['RFC 850', 'Tuesday, 24-Nov-26 09:00:00 GMT'],
  ['asctime', 'Tue Nov 24 09:00:00 2026'],
  ['RFC 2822', 'Tue, 24 Nov 2026 10:00:00 +0100'],
  ['ISO 8601', '2026-11-24T09:00:00.999Z'],
  ['seconds since the epoch', String(Date.UTC(2026, 10, 24, 9) / 1000)],
  ['seconds, with spaces around them', ` ${Date.UTC(2026, 10, 24, 9) / 1000} `],
  ['the signed form, with spaces around it', `  ${signed} `],
])('a Date in the form of %s may have been signed in the signed form', (_name, arrived) => {
  expect(dateCandidates(arrived)[0]).toEqual({ part: signed, cause: 'date_reformatted' });
  expect(dateCandidates(arrived)).toHaveLength(601);
});

test('a day of one digit is read in the form of asctime', () => {
  expect(dateCandidates('Sun Nov  1 09:00:00 2026')[0]?.part).toBe('Sun, 01 Nov 2026 09:00:00 GMT');
});

test.each([
  ['Wed, 4 Nov 2026 06:33:52 GMT', ['Wed, 04 Nov 2026 06:33:52 GMT']],
  ['Wed, 04 Nov 2026 06:33:52 GMT', ['Wed, 4 Nov 2026 06:33:52 GMT']],
  ['2026-11-04T06:33:52Z', ['Wed, 04 Nov 2026 06:33:52 GMT', 'Wed, 4 Nov 2026 06:33:52 GMT']],
  ['Wed, 18 Nov 2026 06:33:52 GMT', []],
])('a day below 10 may have been signed with one digit and with two: %s', (arrived, others) => {
  const found = dateCandidates(arrived);
  expect(found.filter(({ cause }) => cause === 'date_reformatted').map(({ part }) => part)).toEqual(others);
  const near = found.filter(({ cause }) => cause === 'date_replaced').map(({ part }) => part);
  expect(near).toContain(others.length > 0 ? 'Wed, 4 Nov 2026 06:33:53 GMT' : 'Wed, 18 Nov 2026 06:33:53 GMT');
  expect(near).toContain(others.length > 0 ? 'Wed, 04 Nov 2026 06:38:52 GMT' : 'Wed, 18 Nov 2026 06:38:52 GMT');
  expect(near).toHaveLength(others.length > 0 ? 1_200 : 600);
});

test('a Date in the signed form may stand for every second within five minutes, the nearest first', () => {
  const found = dateCandidates(signed);
  expect(found.map(({ part }) => (Date.parse(part) - Date.parse(signed)) / 1000)).toEqual(
    Array.from({ length: 300 }, (_, index) => [-index - 1, index + 1]).flat(),
  );
  expect(new Set(found.map(({ cause }) => cause))).toEqual(new Set(['date_replaced']));
});

test.each(['', 'today', '12345678901', 'x1795510800'])('"%s" is no time', (arrived) => {
  expect(dateCandidates(arrived)).toEqual([]);
});
