import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { toQueueMessage, type VerifiedRequest } from '../../../lambda/event/queue-message.ts';
import { readQueuedEvent } from '../../../lambda/event/queued-event.ts';

function queued(body: string, target = '/messagemedia') {
  const request: VerifiedRequest = {
    method: 'POST',
    target,
    date: 'Wed, 18 Jul 2018 06:33:52 GMT',
    body: Buffer.from(body),
    signature: 'c2lnbmF0dXJl',
    digest: 'SHA256',
    keyId: undefined,
    contentType: undefined,
    requestId: 'request-1',
  };
  const message = toQueueMessage(request);
  return { ...message, event: JSON.parse(message.body) };
}

const references = [
  '$moId',
  '$!{x}',
  ['$', '{x}'].join(''),
  '$!x',
  '$esc.json($x)',
  "$m.get('k')",
  'a-$moId',
  '#if($x)',
  '#{end}',
];

describe.each(references)('what was not rendered is nobody: %s', (reference) => {
  const encoded = encodeURIComponent(reference).replaceAll("'", '%27');
  test.each([
    ['JSON', JSON.stringify({ notification_id: reference, message_id: reference, content: 'STOP' })],
    ['form', `notification_id=${encoded}&message_id=${encoded}&content=STOP`],
    ['XML', `<e><notification_id>${reference}</notification_id><message_id>${reference}</message_id></e>`],
  ])('%s', (_encoding, body) => {
    expect(queued(body)).toMatchObject({
      id: 'request-1',
      type: 'com.messagemedia.opt_out',
      groupId: 'request-1',
      deduplicationId: 'request-1',
      unrendered: ['notification_id', 'message_id'],
    });
    expect(queued(body).event.subject).toBeUndefined();
  });

  test('nor an account or a time', () => {
    const body = { reply_id: 'r-1', vendor_account_id: { account_id: reference }, date_received: reference };
    expect(queued(JSON.stringify(body))).toMatchObject({
      id: 'r-1',
      unrendered: ['account_id', 'date_received'],
      event: { source: 'urn:messagemedia', time: '2018-07-18T06:33:52.000Z' },
    });
  });
});

describe('the first occurrence decides', () => {
  test.each([
    ['{"reply_id":"r-1","content":"x","reply_id":"typed"}', 'r-1', 'reply', 'reply_id'],
    ['{"reply_id":"r-1","content":"x","\\u0072eply_id":"typed"}', 'r-1', 'reply', 'reply_id'],
    ['{"reply_id":"$moId","content":"x","reply_id":"typed"}', 'request-1', 'reply', 'reply_id'],
    ['{"reply_id":"$moId","content":"x","notification_id":"typed"}', 'request-1', 'reply', undefined],
    ['{"reply_id":"r-1","x":{"reply_id":"typed"},"y":["reply_id"]}', 'r-1', 'reply', undefined],
    [
      '{"reply_id":"r-1","vendor_account_id":{"account_id":"a","account_id":"b"}}',
      'r-1',
      'reply',
      'vendor_account_id.account_id',
    ],
  ])('%s', (body, id, type, repeated) => {
    const { event } = queued(body);
    expect(event).toMatchObject({ id, type: `com.messagemedia.${type}` });
    expect(event.mmrepeated).toBe(repeated);
  });

  test('and the payload agrees with the event', () => {
    const body = '{"reply_id":"r-1","source_number":"+1","content":"","source_number":"+2","reply_id":"typed"}';
    const { event } = readQueuedEvent(queued(body).body);
    expect(event).toMatchObject({
      id: 'r-1',
      payload: { reply_id: 'r-1', source_number: '+1' },
      mmrepeated: 'reply_id',
    });
  });

  test('whatever the JSON', () => {
    const name = fc.constantFrom('reply_id', 'notification_id', 'message_id', 'a', '__proto__', 'quote"', 'back\\');
    const member = fc.tuple(name, fc.jsonValue({ maxDepth: 3 }));
    fc.assert(
      fc.property(fc.array(member), (pairs) => {
        const body = `{${pairs.map(([key, value]) => ` ${JSON.stringify(key)} :\n${JSON.stringify(value)}`).join(',')}}`;
        const { payload } = readQueuedEvent(queued(body).body).event;
        const first = new Map(pairs.toReversed());
        const expected = JSON.parse(JSON.stringify(Object.fromEntries([...first])));
        expect(payload).toEqual(Object.keys(expected).length === 0 ? {} : expected);
      }),
      { numRuns: 1_000 },
    );
  });
});

describe('the kind in the URL', () => {
  const body = '{"delivery_report_id":"d-1","reply_id":"r-1","message_id":"m-1"}';
  test.each([
    ['/m?kind=reply', 'reply', 'r-1', 'm-1'],
    ['/m?kind=delivery-report', 'delivery_report', 'd-1', 'm-1'],
    ['/m?kind=opt-out', 'opt_out', 'request-1', 'm-1'],
    ['/m?kind=webhook', 'webhook', 'request-1', undefined],
    ['/m?kind=reply&kind=webhook', 'reply', 'r-1', 'm-1'],
    ['/m?kind=other', 'delivery_report', 'd-1', 'm-1'],
    ['/m?text=typed&kind=webhook', 'delivery_report', 'd-1', 'm-1'],
    ['/m', 'delivery_report', 'd-1', 'm-1'],
  ])('%s', (target, type, id, subject) => {
    const { event } = queued(body, target);
    expect(event).toMatchObject({ type: `com.messagemedia.${type}`, id });
    expect(event.subject).toBe(subject);
  });

  test('counts for a GET as well', () => {
    const target = '/m?kind=reply&reply_id=r-1&message_id=m-1&content=x&notification_id=typed';
    expect(queued('', target).event).toMatchObject({ type: 'com.messagemedia.reply', id: 'r-1', subject: 'm-1' });
  });
});

test('a media type follows from the bytes, wherever they stand', () => {
  const label = (body: string, contentType: string) => {
    const request = { method: 'POST', target: '/m', date: 'Wed, 18 Jul 2018 06:33:52 GMT', signature: '' };
    const rest = { digest: 'SHA256' as const, keyId: undefined, contentType, requestId: 'r', body: Buffer.from(body) };
    return JSON.parse(toQueueMessage({ ...request, ...rest }).body).datacontenttype;
  };
  expect(label('no json \u0001', 'application/json')).toBe('text/plain');
  expect(label('no json', 'application/json')).toBe('text/plain');
  expect(label('{"a":"\uffff"}', 'text/xml')).toBe('application/json');
  expect(label('{"a":"\uffff"}', 'application/a+json')).toBe('application/a+json');
  expect(label('{"a":1}', 'text/xml')).toBe('application/json');
});
