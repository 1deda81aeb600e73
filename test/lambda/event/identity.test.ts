import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { type Fields, identify, isJson, parseObject, parseText } from '../../../lambda/event/identity.ts';
import { toQueueMessage, type VerifiedRequest } from '../../../lambda/event/queue-message.ts';

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

test.each([
  ...['$moId', '$!{x}', ['$', '{x}'].join(''), '$!x', '$esc.json($x)', "$m.get('k')"],
  ...['a-$moId', '#if($x)', '#else', '#{end}', '#[[x]]#', '#@x'],
])('what was not rendered is nobody, no account and no time: %s', (text) => {
  expect(identify({ notification_id: text, message_id: text, account_id: text, date_received: text })).toEqual({
    type: 'com.messagemedia.webhook',
    unrendered: ['notification_id', 'message_id', 'account_id', 'date_received'],
  });
});

describe('the first id that was rendered decides', () => {
  const ids = ['delivery_report_id', 'reply_id', 'notification_id'] as const;
  const kinds = { delivery_report_id: 'delivery_report', reply_id: 'reply', notification_id: 'opt_out' };
  test('whichever are rendered, in any order', () => {
    const member = fc.record({ name: fc.constantFrom(...ids), isRendered: fc.boolean() });
    fc.assert(
      fc.property(fc.uniqueArray(member, { selector: ({ name }) => name }), fc.boolean(), (members, isForm) => {
        const fields = members.map(({ name, isRendered }) => [name, isRendered ? `id of ${name}` : '$x'] as const);
        const expected = members.find(({ isRendered }) => isRendered)?.name;
        const body = isForm
          ? `${new URLSearchParams(fields.map(([...pair]) => pair))}`
          : JSON.stringify(Object.fromEntries(fields));
        expect(queued(body)).toMatchObject({
          id: expected ? `id of ${expected}` : 'request-1',
          type: `com.messagemedia.${expected ? kinds[expected] : 'webhook'}`,
          unrendered: expected ? [] : members.map(({ name }) => name),
        });
      }),
    );
  });

  test('but the kind in the URL overrules it', () => {
    const body = '{"reply_id":"$replyId","message_id":"m-1","content":"STOP"}';
    const { event, unrendered } = queued(body, '/m?kind=opt-out');
    expect(event).toMatchObject({ type: 'com.messagemedia.opt_out', id: 'request-1', subject: 'm-1' });
    expect(unrendered).toEqual([]);
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
    ['/m?kind=toString', 'delivery_report', 'd-1', 'm-1'],
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

describe('who an event says it is', () => {
  const nobody = { type: 'com.messagemedia.webhook', unrendered: [] };
  const reply = { type: 'com.messagemedia.reply', id: 'r-1', unrendered: [] };
  test.each<[Fields, object]>([
    [{}, nobody],
    [{ message_id: 'm-1' }, { ...nobody, subject: 'm-1' }],
    [
      { message_id: 'm-1', reply_id: 'r-1' },
      { ...reply, subject: 'm-1' },
    ],
    [{ delivery_report_id: '', reply_id: 'r-1' }, reply],
    [{ delivery_report_id: 7, reply_id: 'r-1' }, reply],
    [{ reply_id: 'r'.repeat(1024) }, { ...reply, id: 'r'.repeat(1024) }],
    [{ reply_id: 'r'.repeat(1025) }, { ...reply, id: undefined }],
    [{ reply_id: 'r\ud800' }, { ...reply, id: undefined }],
    [{ message_id: '' }, nobody],
    [{ message_id: 'm-$x' }, { ...nobody, unrendered: ['message_id'] }],
    [{ reply_id: 'r-1', message_id: ['$x'] }, reply],
    [{ account_id: 'a' }, { ...nobody, account: 'a' }],
    [{ vendor_account_id: { account_id: 'v' } }, { ...nobody, account: 'v' }],
    [
      { vendor_account_id: { account_id: 'v' }, account_id: 'a' },
      { ...nobody, account: 'v' },
    ],
    [
      { vendor_account_id: { account_id: 7 }, account_id: 'a' },
      { ...nobody, account: 'a' },
    ],
    [
      { vendor_account_id: 'v', account_id: 'a' },
      { ...nobody, account: 'a' },
    ],
    [{ account_id: '$x' }, { ...nobody, unrendered: ['account_id'] }],
    [{ date_received: '2018-07-18T06:33:51.785Z' }, { ...nobody, receivedAt: '2018-07-18T06:33:51.785Z' }],
    [{ date_received: 'soon' }, nobody],
  ])('%j', (fields, expected) => {
    expect(identify(fields)).toEqual(expected);
  });

  test('is nothing at all where the URL says webhook', () => {
    expect(identify({ reply_id: 'r-1', message_id: '$x' }, 'com.messagemedia.webhook')).toEqual(nobody);
  });
});

test.each<[string, Fields, string[]]>([
  [
    '{"message_id":"m","x":1,"account_id":"a","date_received":"d","delivery_report_id":1,"reply_id":null,"notification_id":[]}',
    {
      ...{ message_id: 'm', account_id: 'a', date_received: 'd' },
      ...{ delivery_report_id: 1, reply_id: null, notification_id: [] },
    },
    [],
  ],
  ['{"vendor_account_id":{"vendor_id":"v","account_id":"a"}}', { vendor_account_id: { account_id: 'a' } }, []],
  ['{"vendor_account_id":{}}', { vendor_account_id: { account_id: undefined } }, []],
  ['{"vendor_account_id":"v"}', { vendor_account_id: 'v' }, []],
  ['{"message_id":{"account_id":"a","b":1}}', { message_id: { account_id: 'a', b: 1 } }, []],
  [
    '{"message_id":"m","message_id":"n","reply_id":"r","reply_id":1}',
    { message_id: 'm', reply_id: 'r' },
    ['message_id', 'reply_id'],
  ],
  [
    '{"vendor_account_id":{"account_id":"a","account_id":"b"}}',
    { vendor_account_id: { account_id: 'a' } },
    ['vendor_account_id.account_id'],
  ],
  ['{"x":{"reply_id":"typed"},"y":["reply_id"]}', {}, []],
  ['[1]', {}, []],
])('a JSON body says of itself: %s', (json, fields, repeated) => {
  const { accounts: _accounts, ...said } = parseObject(json);
  expect(said).toEqual({ fields, repeated });
});

test.each([
  ['{"account_id":"a","vendor_account_id":{"account_id":"b"}}', ['a', 'b']],
  ['{"account_id":"a","content":"x","account_id":"b"}', ['a', 'b']],
  ['{"vendor_account_id":{"account_id":"a","account_id":"b"},"vendor_account_id":"c"}', ['a', 'b']],
  ['{"account_id":7,"vendor_account_id":{"account_id":null}}', []],
])('a JSON body names accounts: %s', (json, accounts) => {
  expect(parseObject(json).accounts).toEqual(accounts);
});

describe('JSON that text in it breaks says of itself what is in front of the text', () => {
  const ids = { reply_id: 'r-1', message_id: 'm-1' };
  test.each<[string, Fields]>([
    ['{"reply_id":"r-1","message_id":"m-1","content":"she said "yes""}', ids],
    ['{"reply_id":"r-1","message_id":"m-1","content":"two\nlines"}', ids],
    ['{"reply_id":"r-1","message_id":"m-1","content":"C:\\new \\x"}', ids],
    ['{"reply_id":"r-1","message_id":"m-1","content":"","reply_id":"typed"x"}', ids],
    [' \t\r\n{ \t\r\n"reply_id" \t\r\n: \t\r\n"r-1" \t\r\n, \t\r\n"message_id":"m-1" ,x', ids],
    ['{"reply_id":"r-1"}"message_id":"m-1",', { reply_id: 'r-1' }],
    ['{"reply_id":"a\\u0062\\"c","x":"', { reply_id: 'ab"c' }],
    [
      '{"message_id":7,"status":-1.5e+3,"error_code":null,"billing_units":true,x',
      {
        ...{ message_id: 7, status: -1500, error_code: null, billing_units: true },
      },
    ],
    [
      '{"vendor_account_id":{"vendor_id":"v","account_id":"a"},"reply_id":"r-1",x',
      {
        vendor_account_id: { account_id: 'a' },
        reply_id: 'r-1',
      },
    ],
    ['{"reply_id":"r-1","message_id":"m-1"', { reply_id: 'r-1' }],
    ['{"reply_id":"r-1""message_id":"m-1",', {}],
    ['{"reply_id":"r\n1","message_id":"m-1",', {}],
    ['{"reply_id":"\\x","message_id":"m-1",', {}],
    ['{"reply_id":01,"message_id":"m-1",', {}],
    ['{"message_id":undefined,"reply_id":"r-1",', {}],
    ['{"vendor_account_id":{"account_id":"a"b"},"reply_id":"r-1",x', {}],
    ['{"vendor_account_id":{"x":{"y":1}},"reply_id":"r-1",x', {}],
    ['{x"reply_id":"r-1","message_id":"m-1",', {}],
    ['{"1":"r-1","reply_id":"r-1",', {}],
    ['{"\\u0072eply_id":"r-1","message_id":"m-1",x', {}],
    ['["reply_id":"r-1","message_id":"m-1",', {}],
    ['x{"reply_id":"r-1","message_id":"m-1",', {}],
  ])('%j', (text, fields) => {
    expect(isJson(text)).toBe(false);
    expect(parseText(text).fields).toEqual(fields);
  });
});

describe('a text says of itself', () => {
  const all = {
    ...{ kind: 'reply', delivery_report_id: '1', reply_id: '2', notification_id: '3', message_id: '4', vendor_id: '5' },
    ...{ account_id: '6', date_received: '7', submitted_date: '8', status: '9', error_code: '10', billing_units: '11' },
    ...{ source_number: '12', destination_number: '13' },
  };
  const elements = Object.entries(all).map(([name, value]) => `<${name}>${value}</${name}>`);
  test.each<[string, Fields]>([
    [`${new URLSearchParams(all)}&content=x&reply_id=typed`, all],
    [`<e>${elements.join('')}<content>x</content><reply_id>typed</reply_id></e>`, all],
    [`<?xml version="1.0" encoding="UTF-8"?>\n\n<event id="1" b="2">\n  ${elements.join('\n  ')}\n</event>`, all],
    ['<reply><reply_id> r-1 </reply_id></reply>', { reply_id: ' r-1 ' }],
    ['&reply_id=typed', {}],
    ['=x&reply_id=typed', {}],
    ['<1><reply_id>typed</reply_id></1>', {}],
    ['<!-- text <reply_id>typed</reply_id>', {}],
    ['<e>x<reply_id>typed</reply_id></e>', {}],
    ['', {}],
  ])('%s', (text, fields) => {
    expect(parseText(text)).toMatchObject({ fields, repeated: [] });
    expect(Object.keys(parseText(text).fields)).toEqual(Object.keys(fields));
  });

  test.each([
    ['reply_id=r&account_id=a&account_id=b&content=x&account_id=c', ['a', 'b']],
    ['<e><account_id>a</account_id><content>x</content><account_id>c</account_id></e>', ['a']],
    [
      '{"vendor_account_id":{"account_id":"a","account_id":"b"},"account_id":"c","content":""","account_id":"d"}',
      ['a', 'b', 'c'],
    ],
    ['{"account_id":7,"content":""""}', []],
  ])('and which accounts it names: %s', (text, accounts) => {
    expect(parseText(text).accounts).toEqual(accounts);
  });
});
