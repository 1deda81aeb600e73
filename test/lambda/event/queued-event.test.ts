import { beforeAll, describe, expect, test } from '@jest/globals';
import { QueuedEventError } from '../../../lambda/event/attributes.ts';
import { inlineBody } from '../../../lambda/event/inline-body.ts';
import { idempotencyKey, openQueuedEvent, readQueuedEvent } from '../../../lambda/event/queued-event.ts';
import { reverify } from '../../../lambda/event/reverify.ts';
import { parseKeyring } from '../../../lambda/keys/keyring.ts';
import { sampleWebhooks } from '../../../signing/sample-webhooks.ts';
import { bucket, offload, readSigned, startReceiver, webhooksOfEveryForm } from '../../received.ts';
import { keyringOf, makeKey } from '../../support.ts';

const key = makeKey();
const receive = startReceiver(key);
const webhooks = webhooksOfEveryForm('/messagemedia');
const samples = sampleWebhooks('/messagemedia');
const never = () => Promise.reject(new Error('there is nothing to fetch'));

let message: string;
beforeAll(async () => {
  message = (await receive(samples.deliveryReport)).body;
});

/** The message with other members; `data` stays last. */
function changed(members: Record<string, unknown>): string {
  const { data, ...attributes } = JSON.parse(message);
  return JSON.stringify({ ...attributes, data, ...members });
}

function errorOf(read: () => unknown): string {
  try {
    read();
  } catch (error) {
    if (error instanceof QueuedEventError) return `${error.name} ${error.code}: ${error.message}`;
    throw error;
  }
  return 'an event';
}

const codeOf = (read: () => unknown) => errorOf(read).split(/[ :]/)[1];

test.each(Object.entries(webhooks))('%s gives back what was signed, wherever its data is', async (_form, webhook) => {
  const { body, deduplicationId } = await receive(webhook);
  const inline = readSigned(body);
  const { event, signed } = inline;
  expect(idempotencyKey(event)).toBe(deduplicationId);
  expect(signed).toMatchObject({ method: webhook.method, target: webhook.target });
  expect(signed.body).toEqual(Buffer.from(webhook.body));
  expect(reverify(inline, parseKeyring(keyringOf(key)).keys)).toBe('good');
  expect(await openQueuedEvent(body, never)).toEqual(inline);
  if (signed.body.length === 0) return;
  const { message: pointer, key: objectKey } = offload(body, signed.body);
  const dataref = `s3://${bucket}/${objectKey}`;
  const fetchData = async (asked: string) => {
    expect(asked).toBe(dataref);
    return new Uint8Array(signed.body);
  };
  expect(await openQueuedEvent(pointer, fetchData)).toEqual({ event: { ...event, dataref }, signed });
});

describe('the payload', () => {
  const read = async (webhook: (typeof webhooks)[string]) => readQueuedEvent((await receive(webhook)).body).event;

  test('of a known kind is an object or nothing', () => {
    expect(readQueuedEvent(changed({ data: [1] })).event.payload).toBeUndefined();
  });

  test.each([
    ['deliveryReport', expect.objectContaining({ status: 'delivered' })],
    ['smsReply', expect.objectContaining({ content: 'Danke schön, bis später! 👍🏽 你好' })],
    ['JSON that is no object', [1, null, '👍🏽']],
    ['JSON null', null],
    ['JSON that SQS refuses as text', { reply_id: 'r-64', content: '\uffff' }],
    ['report as form', undefined],
    ['xml', undefined],
    ['get', undefined],
    ['bytes that are no text', undefined],
  ])('of %s', async (form, payload) => {
    const webhook = webhooks[form];
    expect(webhook && (await read(webhook)).payload).toEqual(payload);
  });
});

test.each([
  ['JSON', Buffer.from('{"a":1}'), { a: 1 }],
  ['JSON behind a byte order mark', Buffer.from('\ufeff{"a":1}'), undefined],
  ['bytes that are not UTF-8', Buffer.from([0x22, 0xff, 0x22]), undefined],
])('data that was fetched is read strictly, whatever its label says: %s', async (_what, bytes, payload) => {
  const event = changed({ type: 'com.messagemedia.webhook', data: undefined, dataref: 's3://b/k' });
  const opened = await openQueuedEvent(event, async () => bytes);
  expect(opened.event.payload).toEqual(payload);
  expect(opened.signed?.body).toEqual(bytes);
});

describe('a message that is no event of ours', () => {
  test.each([
    ['not_json: The message is not JSON', 'hello'],
    ['not_json: The message is not a JSON object', '[]'],
    ['not_json: The message is not a JSON object', 'null'],
    ['missing_attribute: The message has no specversion', '{}'],
  ])('%s: %s', (error, text) => {
    expect(errorOf(() => readQueuedEvent(text))).toBe(`QueuedEventError ${error}`);
  });

  test.each([
    [{ time: 'soon' }, `invalid_attribute: The event's time is not what a receiver writes`],
    [{ data_base64: 'e30=' }, 'invalid_data: The event has both data and data_base64'],
    [{ dataref: 's3://b/k' }, 'invalid_data: The event has both data and dataref'],
    [
      { data: undefined, data_base64: 'e30=', dataref: 's3://b/k' },
      'invalid_data: The event has both data_base64 and dataref',
    ],
    [{ datacontenttype: undefined }, 'missing_attribute: The event has data but no datacontenttype'],
    [{ datacontenttype: 'text/plain' }, 'invalid_data: The data is not text, though datacontenttype is not JSON'],
    [{ extension: 'behind the data' }, 'invalid_data: The data is not the last member of the event'],
    [
      { data: undefined, dataref: 's3://b/k' },
      'data_elsewhere: The data is in S3: read this event with openQueuedEvent',
    ],
  ])('is told from others by its error: %j', (members, error) => {
    expect(errorOf(() => readQueuedEvent(changed(members)))).toBe(`QueuedEventError ${error}`);
  });

  test.each(['specversion', 'id', 'source', 'type', 'time', 'mmdigest', 'mmrequestline', 'mmdate', 'mmsignature'])(
    'lacks its %s, or has it as something else',
    (name) => {
      expect(codeOf(() => readQueuedEvent(changed({ [name]: undefined })))).toBe('missing_attribute');
      for (const value of ['', 7, null, {}]) {
        expect(codeOf(() => readQueuedEvent(changed({ [name]: value })))).toBe('invalid_attribute');
      }
    },
  );

  test.each<[string, unknown[]]>([
    ['specversion', ['0.3']],
    ['type', ['com.example.other', 'toString']],
    ['time', ['yesterday']],
    ['mmdigest', ['SHA1', 'sha256']],
    ['mmrequestline', ['POST', 'POST /messagemedia', 'POST /messagemedia HTTP/2', 'POST /messagemedia HTTP/1.1 x']],
    ['mmrequestline', ['POST  HTTP/1.1', 'P@ST /messagemedia HTTP/1.1', 'POST /a\u0001 HTTP/1.1']],
    ['mmdate', ['2018-07-18T06:33:52Z']],
    ['mmsignature', ['not base64!']],
    ['mmkeyid', [7]],
    ['subject', ['']],
    ['datacontenttype', [null]],
    ['traceparent', [{ nested: true }]],
  ])('has as %s %j', (name, values) => {
    for (const value of values)
      expect(codeOf(() => readQueuedEvent(changed({ [name]: value })))).toBe('invalid_attribute');
  });

  test.each([{ data_base64: 'e30' }, { dataref: 7 }])('has data elsewhere that cannot be: %j', (members) => {
    expect(codeOf(() => readQueuedEvent(changed({ data: undefined, ...members })))).toBe('invalid_attribute');
  });

  test('takes extension attributes that it does not know', () => {
    const { data, ...attributes } = JSON.parse(message);
    const extended = JSON.stringify({ ...attributes, traceparent: '00-1', sampledrate: 3, data });
    expect(readQueuedEvent(extended).event).toMatchObject({ traceparent: '00-1', sampledrate: 3 });
  });

  test.each([
    ['data twice', (data: string) => `,"data":${data},"data":{"forged":true}}`],
    ['members within signed text', () => ',"data":1,"type":"com.messagemedia.opt_out"}'],
    ['white space that hides the data', (data: string) => `, "data":${data}}`],
    ['an attribute that holds the marker', (data: string) => `,"x":{"y":1,"data":2},"x":"","data":${data}}`],
  ])('is told apart when it has %s', (_what, tail) => {
    const head = message.slice(0, message.indexOf(',"data":'));
    const forged = head + tail(message.slice(head.length + ',"data":'.length, -1));
    expect(JSON.parse(forged)).toHaveProperty('mmsignature');
    expect(codeOf(() => readQueuedEvent(forged))).toBe('invalid_data');
  });

  test('is not quoted in the error', () => {
    for (const text of ['{"secret', changed({ mmdate: 'secret' })])
      expect(() => readQueuedEvent(text)).toThrow(
        expect.objectContaining({ message: expect.not.stringContaining('secret') }),
      );
  });
});

describe('an event that was polled', () => {
  const polled = {
    specversion: '1.0',
    id: 'r-1',
    source: 'urn:messagemedia',
    type: 'com.messagemedia.reply',
    time: '2026-11-24T00:00:00.000Z',
    datacontenttype: 'application/json',
    mmorigin: 'poll',
    data: { reply_id: 'r-1' },
  };

  test('is read, and was never signed', () => {
    const read = readQueuedEvent(JSON.stringify(polled));
    expect(read.event).toMatchObject({ id: 'r-1', mmorigin: 'poll', payload: { reply_id: 'r-1' } });
    expect(read.signed).toBeUndefined();
    expect(reverify(read, [])).toBe('never_signed');
  });

  test.each([
    { mmorigin: 'webhook' },
    { mmsignature: 'c2lnbmF0dXJl' },
    { mmkeyid: 'k' },
    { mmdate: 'Wed, 18 Jul 2018 06:33:52 GMT' },
  ])('does not look as if it had been signed: %j', (change) => {
    const { data, ...attributes } = polled;
    const message = JSON.stringify({ ...attributes, ...change, data });
    expect(() => readQueuedEvent(message)).toThrow(expect.objectContaining({ code: 'invalid_attribute' }));
  });

  test.each([
    ['delivery_report', true],
    ['reply', true],
    ['opt_out', false],
    ['webhook', false],
  ])('is of a kind that MessageMedia lists: %s', (kind, isListed) => {
    const read = () => readQueuedEvent(JSON.stringify({ ...polled, type: `com.messagemedia.${kind}` }));
    if (isListed) expect(read().signed).toBeUndefined();
    else
      expect(read).toThrow(
        expect.objectContaining({ code: 'invalid_attribute', message: expect.stringContaining('mmorigin') }),
      );
  });

  test('is not what an event without a signature becomes', () => {
    const { mmorigin: _origin, ...unsigned } = polled;
    expect(() => readQueuedEvent(JSON.stringify(unsigned))).toThrow(
      expect.objectContaining({ code: 'missing_attribute' }),
    );
  });
});

test('data that is not behind other members is not taken for what was signed', () => {
  const message = JSON.stringify({ data: {}, datacontenttype: 'application/json' });
  expect(() => inlineBody(JSON.parse(message), message)).toThrow('The data is not the last member of the event');
});
