import { describe, expect, test } from '@jest/globals';
import type { QueuedEvent } from '../../../lambda/contract.ts';
import { describeEvent, toQueueMessage, type VerifiedRequest } from '../../../lambda/event/queue-message.ts';
import { sampleWebhooks } from '../../../signing/sample-webhooks.ts';
import { readSigned } from '../../received.ts';

const samples = sampleWebhooks('/messagemedia');

function verified(overrides: Partial<VerifiedRequest> & { text?: string } = {}): VerifiedRequest {
  const { text, ...rest } = overrides;
  return {
    method: 'POST',
    target: '/messagemedia',
    date: 'Wed, 18 Jul 2018 06:33:52 GMT',
    body: Buffer.from(text ?? '{}'),
    signature: 'c2lnbmF0dXJl',
    digest: 'SHA256',
    keyId: '11111111-2222-3333-4444-555555555555',
    contentType: 'application/json',
    requestId: 'request-1',
    ...rest,
  };
}

const eventOf = (request: VerifiedRequest): QueuedEvent => JSON.parse(toQueueMessage(request).body);

test('the delivery report that the vendor documents becomes this very message', () => {
  const text = String(samples.deliveryReport.body);
  expect(toQueueMessage(verified({ text }))).toEqual({
    id: 'dc6f7774-9572-41a8-9a6b-9976a98db4a9',
    type: 'com.messagemedia.delivery_report',
    unrendered: [],
    groupId: '38a6a1a0-36a9-4117-aaee-c0e893393634',
    // printf %s 'urn:messagemedia:account:MessageMedia123 com.messagemedia.delivery_report dc6f7774-…' | openssl sha256
    deduplicationId: 'c8c164a453c52d5534ce499a1442c6de75a5697ef9299df5ce744a151c421db4',
    dataContentType: 'application/json',
    body:
      '{"specversion":"1.0","id":"dc6f7774-9572-41a8-9a6b-9976a98db4a9","source":"urn:messagemedia:account:MessageMedia123",' +
      '"type":"com.messagemedia.delivery_report","subject":"38a6a1a0-36a9-4117-aaee-c0e893393634",' +
      '"time":"2018-07-18T06:33:51.785Z","datacontenttype":"application/json",' +
      '"mmkeyid":"11111111-2222-3333-4444-555555555555","mmdigest":"SHA256",' +
      '"mmrequestline":"POST /messagemedia HTTP/1.1","mmdate":"Wed, 18 Jul 2018 06:33:52 GMT",' +
      `"mmsignature":"c2lnbmF0dXJl","data":${text}}`,
  });
});

test('a Date with one digit of the day is the time of an event without one, and kept as it was signed', () => {
  const date = 'Wed, 4 Nov 2026 06:33:52 GMT';
  expect(eventOf(verified({ date }))).toMatchObject({ time: '2026-11-04T06:33:52.000Z', mmdate: date });
});

test('a character that SQS refuses does not cost JSON its identity', () => {
  const message = toQueueMessage(verified({ text: '{"reply_id":"r-1","message_id":"m-1","content":"\uffff"}' }));
  expect(message).toMatchObject({ id: 'r-1', type: 'com.messagemedia.reply', groupId: 'm-1' });
  expect(JSON.parse(message.body)).toMatchObject({
    datacontenttype: 'application/json',
    data_base64: expect.any(String),
  });
});

test('attributes are ASCII, whatever an id holds', () => {
  const { body } = toQueueMessage(verified({ text: '{"reply_id":"👍","message_id":"ö"}' }));
  expect(body.slice(0, body.indexOf(',"data":'))).toMatch(/^[\x20-\x7e]+$/);
  expect(JSON.parse(body)).toMatchObject({ id: '👍', subject: 'ö' });
});

test.each([
  ['a'.repeat(128), 'a'.repeat(128)],
  ['a'.repeat(129), expect.stringMatching(/^[0-9a-f]{64}$/)],
  ['with space', expect.stringMatching(/^[0-9a-f]{64}$/)],
  ['größe', expect.stringMatching(/^[0-9a-f]{64}$/)],
])('FIFO ids are what SQS takes: %s', (reply_id, groupId) => {
  const message = toQueueMessage(verified({ text: JSON.stringify({ reply_id, message_id: reply_id }) }));
  expect(message).toMatchObject({ id: reply_id, groupId, deduplicationId: expect.stringMatching(/^[0-9a-f]{64}$/) });
});

test('an account id is written so that source stays a URI', () => {
  expect(eventOf(verified({ text: '{"account_id":"a b/ö"}' })).source).toBe('urn:messagemedia:account:a%20b%2F%C3%B6');
});

describe('data', () => {
  test('keeps big numbers, key order, repeated keys and white space', () => {
    const text = ' {"b":12345678901234567890.10,\n\t"a":1,"a":2, "\\u0041":"\\/"}\n';
    expect(toQueueMessage(verified({ text })).body.endsWith(`,"data":${text}}`)).toBe(true);
  });

  test.each([
    [
      'JSON under its own label',
      '{}',
      'application/json; charset=utf-8',
      { datacontenttype: 'application/json; charset=utf-8', data: {} },
    ],
    ['JSON of a kind', '{}', 'application/vnd.x+json', { datacontenttype: 'application/vnd.x+json', data: {} }],
    ['JSON under another label', '{"a":1}', 'text/plain', { datacontenttype: 'application/json', data: { a: 1 } }],
    ['JSON without a label', '1', undefined, { datacontenttype: 'application/json', data: 1 }],
    ['XML', '<a>"ö"</a>', 'application/xml', { datacontenttype: 'application/xml', data: '<a>"ö"</a>' }],
    ['text under a JSON label', '{half', 'application/json', { datacontenttype: 'text/plain', data: '{half' }],
    ['text under a broken label', 'x', 'no type\u0001', { datacontenttype: 'text/plain', data: 'x' }],
    ['text under a label behind other text', 'x', 'é text/xml', { datacontenttype: 'text/plain', data: 'x' }],
    ['text under a label before other text', 'x', 'text/xml\u0001', { datacontenttype: 'text/plain', data: 'x' }],
    ['text under a label with parameters', 'x', ' a/b ; c=d ', { datacontenttype: 'a/b ; c=d', data: 'x' }],
    ['text under a long label', 'x', `a/${'b'.repeat(254)}`, { datacontenttype: `a/${'b'.repeat(254)}`, data: 'x' }],
    ['text under a longer label', 'x', `a/${'b'.repeat(255)}`, { datacontenttype: 'text/plain', data: 'x' }],
    ['text without a label', 'x', undefined, { datacontenttype: 'text/plain', data: 'x' }],
  ])('%s', (_what, text, contentType, expected) => {
    expect(eventOf(verified({ text, contentType }))).toMatchObject(expected);
  });

  test.each([
    ['bytes that are not UTF-8', Buffer.from([0xff, 0xfe])],
    ['an overlong encoding', Buffer.from([0xc0, 0x80])],
    ['a control character', Buffer.from('a\u0000b')],
    ['a noncharacter', Buffer.from('{"a":"\uffff"}')],
  ])('in base64: %s', (_what, body) => {
    const event = eventOf(verified({ body, contentType: undefined }));
    expect(event.data).toBeUndefined();
    expect(event.data_base64).toBe(body.toString('base64'));
    expect(event).not.toHaveProperty('mmrepeated');
  });

  test('in base64 is what is no text, under the label that it has, else under none in particular', () => {
    const body = Buffer.from([0xff]);
    expect(eventOf(verified({ body, contentType: undefined })).datacontenttype).toBe('application/octet-stream');
    expect(eventOf(verified({ body, contentType: 'application/json' })).datacontenttype).toBe(
      'application/octet-stream',
    );
    expect(eventOf(verified({ body, contentType: 'image/png' })).datacontenttype).toBe('image/png');
  });

  test('is where it is asked to be', () => {
    const request = verified({ text: '{"a":1}' });
    const head = toQueueMessage(request).body.slice(0, -',"data":{"a":1}}'.length);
    expect(toQueueMessage(request).body).toBe(`${head},"data":{"a":1}}`);
    expect(toQueueMessage(request, 'text').body).toBe(`${head},"data":{"a":1}}`);
    expect(toQueueMessage(request, 'base64').body).toBe(`${head},"data_base64":"eyJhIjoxfQ=="}`);
    const elsewhere = toQueueMessage(request, { dataref: 's3://b/k' });
    expect(elsewhere).toMatchObject({ body: `${head},"dataref":"s3://b/k"}`, dataref: 's3://b/k' });
  });

  test('shows which names it has more than once', () => {
    const text = '{"reply_id":"r","message_id":"m","message_id":"n","reply_id":"s"}';
    expect(eventOf(verified({ text })).mmrepeated).toBe('message_id,reply_id');
    expect(eventOf(verified({ text: '{}' }))).not.toHaveProperty('mmrepeated');
    expect(eventOf(verified({ text: 'reply_id=r' }))).not.toHaveProperty('mmrepeated');
  });

  test('is absent when there is no body', () => {
    const event = eventOf(verified({ method: 'GET', body: Buffer.alloc(0) }));
    expect(Object.keys(event).at(-1)).toBe('mmsignature');
    expect(event.datacontenttype).toBeUndefined();
  });
});

test('JSON nested as deep as a body can be survives', () => {
  const text = '['.repeat(500_000) + ']'.repeat(500_000);
  expect(toQueueMessage(verified({ text })).body).toHaveLength(
    1_000_000 + toQueueMessage(verified({ text: '1' })).body.length - 1,
  );
});

describe('a body that should be JSON and is not', () => {
  const front = '{"reply_id":"r-1","message_id":"m-1","content":"';
  const texts = [`${front}she said "yes""}`, `${front}two\nlines"}`, `${front}C:\\new \\x"}`, `\ufeff${front}hi"}`];

  test.each(texts)('is that reply, in its group, and counted: %j', (text) => {
    for (const request of [
      { contentType: 'application/json' },
      { contentType: 'text/plain', target: '/m?kind=reply' },
    ]) {
      const message = toQueueMessage(verified({ text, ...request }));
      expect(message).toMatchObject({ id: 'r-1', type: 'com.messagemedia.reply', groupId: 'm-1', unreadable: true });
      const { event, signed } = readSigned(message.body);
      expect(event).toMatchObject({ datacontenttype: 'text/plain', payload: undefined });
      expect(String(signed.body)).toBe(text);
    }
  });

  test('may hold bytes that are no text', () => {
    const body = Buffer.from(`${front}caf\xe9"}`, 'latin1');
    const message = toQueueMessage(verified({ body }));
    expect(message).toMatchObject({ id: 'r-1', groupId: 'm-1', unreadable: true });
    expect(readSigned(message.body).signed.body).toEqual(body);
  });

  test('is no JSON in bytes that are no text, whatever they would be in another encoding', () => {
    const body = Buffer.from('{"content":"caf\xe9","reply_id":"typed"}', 'latin1');
    expect(toQueueMessage(verified({ body }))).toMatchObject({ id: 'request-1', unreadable: true });
  });

  test('is not JSON with a byte order mark in a text', () => {
    const message = toQueueMessage(verified({ text: '{"content":"a\ufeffb","reply_id":"r-1"}' }));
    expect(readSigned(message.body).event).toMatchObject({ id: 'r-1', payload: { content: 'a\ufeffb' } });
    expect(message).not.toHaveProperty('unreadable');
  });

  test('has no two ids that become one', () => {
    const ids = [0xe8, 0xe9].map((byte) => {
      const body = Buffer.from(`{"reply_id":"r${String.fromCharCode(byte)}","x":""}`, 'latin1');
      return toQueueMessage(verified({ body })).deduplicationId;
    });
    expect(new Set(ids).size).toBe(2);
  });

  test('says all that JSON says if only a byte order mark is in front', () => {
    const message = toQueueMessage(verified({ text: '\ufeff{"content":"hi","reply_id":"r-1"}' }));
    expect(message).toMatchObject({ id: 'r-1', unreadable: true });
  });

  test.each<[string, Partial<VerifiedRequest> & { text?: string }]>([
    ['JSON', { text: '{}' }],
    ['JSON of another label', { text: '{}', contentType: 'text/plain' }],
    ['no body', { text: '' }],
    ['a form', { text: 'reply_id=r-1', contentType: 'application/x-www-form-urlencoded', target: '/m?kind=reply' }],
    ['XML', { text: '<e/>', contentType: 'application/xml', target: '/m?kind=reply' }],
    ['text', { text: '{x', contentType: 'text/plain' }],
    ['text of your own', { text: '{x', contentType: 'text/plain', target: '/m?kind=webhook' }],
    ['text without a label', { text: '{x', contentType: undefined }],
    ['bytes', { body: Buffer.from([0xff]), contentType: 'image/png' }],
  ])('is not %s', (_what, request) => {
    expect(toQueueMessage(verified(request))).not.toHaveProperty('unreadable');
  });
});

describe('one id', () => {
  const deduplicationId = (text: string, request: Partial<VerifiedRequest> = {}) =>
    toQueueMessage(verified({ text, ...request })).deduplicationId;
  const reply = '{"reply_id":"same","account_id":"A"}';

  test('of two kinds or two accounts is two events', () => {
    const ids = [
      deduplicationId(reply),
      deduplicationId('{"notification_id":"same","account_id":"A"}'),
      deduplicationId('{"reply_id":"same","account_id":"B"}'),
      deduplicationId(reply, { owner: { account: undefined, others: new Set(['C']) } }),
    ];
    expect(new Set(ids).size).toBe(4);
  });

  test('of one kind and account is one event, whenever and however it comes', () => {
    expect(
      deduplicationId(reply, { signature: 'b3RoZXI=', date: 'Thu, 19 Jul 2018 06:33:52 GMT', requestId: 'r' }),
    ).toBe(deduplicationId('reply_id=same&account_id=A', { contentType: 'application/x-www-form-urlencoded' }));
  });
});

describe('where keys name accounts', () => {
  const owner = { account: 'A', others: new Set(['B']) };
  const describeBody = (text: string, request: Partial<VerifiedRequest> = {}) => {
    const description = describeEvent(verified({ text, owner, ...request }));
    return { ...description, event: JSON.parse(description.write().body) };
  };

  test.each(['{}', '{"account_id":"A"}', '{"account_id":"sub-account"}', '{"vendor_account_id":{"account_id":"b"}}'])(
    'the source is that of the key: %s',
    (text) => {
      expect(describeBody(text)).toMatchObject({
        event: { source: 'urn:messagemedia:account:A' },
        foreignAccount: undefined,
      });
    },
  );

  test('a key without an account gives no source', () => {
    const none = { account: undefined, others: new Set(['A', 'B']) };
    const text = '{"message_id":"m-1","account_id":"sub-account"}';
    const { event, write } = describeBody(text, { owner: none });
    expect(event.source).toBe('urn:messagemedia');
    expect(write().groupId).toBe('m-1');
  });

  test('the group is of one account', () => {
    expect(describeBody('{"message_id":"m-1"}').write().groupId).toBe('A/m-1');
    expect(describeBody('{"reply_id":"r-1"}', { owner: { ...owner, account: 'A/m' } }).write().groupId).toBe(
      'A%2Fm/r-1',
    );
  });

  test.each<[string, string, Partial<VerifiedRequest>]>([
    ['JSON', '{"account_id":"B"}', {}],
    ['the JSON of a callback', '{"vendor_account_id":{"vendor_id":"V","account_id":"B"},"account_id":"A"}', {}],
    ['JSON that says it twice', '{"account_id":"A","account_id":"B"}', {}],
    ['broken JSON', '{"account_id":"B","content":"""}', {}],
    ['a form', 'account_id=B', { contentType: 'application/x-www-form-urlencoded' }],
    ['XML', '<e><account_id>B</account_id></e>', { contentType: 'application/xml' }],
    ['the query of a GET', '', { method: 'GET', target: '/m?account_id=B' }],
    ['the query of a POST', '{}', { target: '/m?kind=reply&account_id=B' }],
    ['a body that is not read', '{"account_id":"B"}', { target: '/m?kind=webhook' }],
  ])('another key’s account is foreign in %s', (_where, text, request) => {
    expect(describeBody(text, request).foreignAccount).toBe('B');
  });

  test('and nothing is foreign while no key names one', () => {
    expect(describeBody('{"account_id":"B"}', { owner: undefined })).toMatchObject({
      event: { source: 'urn:messagemedia:account:B' },
      foreignAccount: undefined,
    });
  });
});
