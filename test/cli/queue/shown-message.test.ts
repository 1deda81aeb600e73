import { expect, test } from '@jest/globals';
import { asCells, asLine, describe, detailOf } from '../../../cli/queue/shown-message.ts';

test.each<[object, string]>([
  [{ data: { status: 'delivered', content: 'secret' } }, 'delivered'],
  [{ data: { content: 'Grüße 👍🏽' } }, '8 characters'],
  [{ data: { content: '' } }, '0 characters'],
  [{ data: { content: 'J' } }, '1 character'],
  [{ data: {} }, ''],
  [{ data: 'text' }, ''],
  [{ data: null }, ''],
  [{ dataref: 's3://bucket/key' }, 'data in S3'],
])('%j is shown as "%s"', (event, detail) => {
  expect(detailOf(event)).toBe(detail);
});

test('what is no event of this receiver is shown as it is, on one line', () => {
  const shown = describe({
    Body: '{"a":1}',
    MessageId: 'm',
    Attributes: { SentTimestamp: '1789981200000', ApproximateReceiveCount: '2' },
  });
  expect(shown).toMatchObject({ type: 'not an event of this receiver', tries: 2, messageId: 'm', event: '{"a":1}' });
  expect(asCells(shown)).toEqual(['', 'not an event of this receiver', '', '2026-09-21T09:00:00', '2', 'm']);
  expect(asLine({ ...shown, id: 'a\nb\u202e' })).toContain('a\\u000ab\\u202e');
});
