import { expect, test } from '@jest/globals';
import { dataKey, eventPartition, keyPartition } from '../../lambda/archive-contract.ts';
import { eventTypes } from '../../lambda/contract.ts';

const time = new Date('2026-01-02T03:59:59.999Z');

test('events are by type and hour, keys by day, in UTC', () => {
  expect(eventPartition(eventTypes.deliveryReport, time)).toBe(
    'events/type=delivery_report/year=2026/month=01/day=02/hour=03/',
  );
  expect(keyPartition(time)).toBe('keys/year=2026/month=01/day=02/');
});

test('data has the name that its dataref ends in, whatever bucket that names', () => {
  expect(dataKey('s3://a-bucket/0123abcd')).toBe('data/0123abcd');
});
