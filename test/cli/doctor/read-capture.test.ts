import { format, inspect } from 'node:util';
import { expect, test } from '@jest/globals';
import { readCapture } from '../../../cli/doctor/read-capture.ts';
import { diagnose } from '../../../diagnosis/diagnose.ts';
import { parseKeyring } from '../../../lambda/keys/keyring.ts';
import { sampleWebhooks } from '../../../signing/sample-webhooks.ts';
import { toWire } from '../../../signing/sender.ts';
import { httpApiEvent, keyringOf, makeKey } from '../../support.ts';

const key = makeKey('SHA256', 1024);
const { keys } = parseKeyring(keyringOf(key));
const texts = ['Hi', `it's "quoted" \\ and \`so\`\nin\tlines \u{1f600} \u0001 – é`, 'x'.repeat(3_000)];
const sample = sampleWebhooks('/messagemedia?kind=reply').smsReply;
const requests = texts.map((text) =>
  toWire({ ...sample, body: JSON.stringify({ ...JSON.parse(String(sample.body)), content: text }, null, 1) }, key),
);
const event = (index: number, isBase64Encoded = false) => {
  const request = requests[index] ?? toWire(sample, key);
  const body = request.body.toString(isBase64Encoded ? 'base64' : 'utf8');
  return { ...httpApiEvent(request), body, isBase64Encoded };
};

const time = '2026-11-24T09:00:00.000Z';
const id = '1d0bb4d8-0000-4000-8000-3f1a0f8a3b00';
const json = JSON.stringify;
type Event = ReturnType<typeof event>;
const own = { level: 'INFO', message: 'accepted', requestId: 'a' };
const logged = (message: string, timestamp = 1) => ({ logStreamName: '2026/11/24/[$LATEST]a', timestamp, message });

/** What AWS and its tools make of an event that a function logs. */
const forms: Record<string, (event: Event) => string> = {
  'an event': json,
  'an event over several lines': (it) => json(it, null, 2),
  "Lambda's log in JSON": (it) => json({ timestamp: time, level: 'INFO', requestId: id, message: it }),
  "Lambda's log in JSON with text": (it) => json({ timestamp: time, level: 'INFO', requestId: id, message: json(it) }),
  "Lambda's log as text": (it) => `${time}\t${id}\tINFO\t${json(it)}\n`,
  "Lambda's log as text with a label": (it) => `${time}\t${id}\tINFO\tevent {} ${json(it)}\n`,
  'console.log of the object': (it) => `${time}\t${id}\tINFO\t${format('event', it)}\n`,
  'util.inspect': (it) => inspect(it, { depth: null, maxStringLength: null }),
  'util.inspect on one line': (it) => inspect(it, { breakLength: Number.POSITIVE_INFINITY, depth: 5 }),
  Powertools: (it) =>
    json({ level: 'INFO', message: 'Lambda invocation event', service: 'x', event: it, xray_trace_id: '1' }),
  'filter-log-events': (it) =>
    json(
      { events: [logged(json(own)), logged(`${time}\t${id}\tINFO\t${json(it)}\n`)], searchedLogStreams: [] },
      null,
      4,
    ),
  'filter-log-events of JSON': (it) => json({ events: [logged(json({ level: 'INFO', message: it }))] }),
  'aws logs tail': (it) => `${time} 2026/11/24/[$LATEST]a ${json(own)}\n${time} 2026/11/24/[$LATEST]a ${inspect(it)}\n`,
};

const utf16 = (text: string) => Buffer.from(`\ufeff${text}`, 'utf16le');
const encodings: Record<string, (text: string) => Buffer> = {
  'UTF-8': (text) => Buffer.from(text),
  'UTF-8 with a byte order mark': (text) => Buffer.from(`\ufeff${text}`),
  'UTF-16LE': utf16,
  'UTF-16BE': (text) => utf16(text).swap16(),
  'UTF-16LE without a mark': (text) => Buffer.from(text, 'utf16le'),
};

const isGood = (file: Buffer, format: string) => {
  const { format: read, request, cautions } = readCapture(file);
  expect({ read, cautions, causes: diagnose(request, keys).causes }).toEqual({
    ...{ read: format, cautions: [], causes: ['none'] },
  });
};

test.each(Object.entries(forms))('%s: a good request has no cause', (_name, form) => {
  for (const [index] of texts.entries())
    for (const isBase64 of [false, true]) isGood(Buffer.from(form(event(index, isBase64))), 'Lambda event');
});

test.each(Object.entries(encodings))('an event and raw HTTP in %s', (_name, encode) => {
  isGood(encode(json(event(1))), 'Lambda event');
  const { method, target, headers, body } = requests[0] ?? toWire(sample, key);
  const head = Object.entries(headers).map(([name, value]) => `${name}: ${value}`);
  isGood(encode([`${method} ${target} HTTP/1.1`, ...head, '', String(body)].join('\r\n')), 'raw HTTP');
});

test('of several events the last is read, and what a log left out is said', () => {
  const several = [event(1), event(0)].map((it) => json(it)).join('\n');
  const { cautions, request } = readCapture(Buffer.from(several));
  expect(cautions).toEqual(['The text holds 2 events: this is the last.']);
  expect(String(request.body)).toContain('"Hi"');
  const cut = inspect(event(2), { maxStringLength: 1_000 });
  expect(readCapture(Buffer.from(cut)).cautions).toEqual([expect.stringContaining('left out a part')]);
});

test.each(['', '{', '[]', 'requestContext {{{{', `requestContext ${'{"a":'.repeat(100_000)}`, '{"requestContext":{}}'])(
  '%.20j is refused in words',
  (text) => {
    expect(() => readCapture(Buffer.from(text))).toThrow(/This is not a Lambda event|Not an API Gateway/);
  },
);
