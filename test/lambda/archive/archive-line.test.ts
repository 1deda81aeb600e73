import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { fromArchiveLine, toArchiveLine } from '../../../lambda/archive/archive-line.ts';
import { toQueueMessage } from '../../../lambda/event/queue-message.ts';
import { readQueuedEvent } from '../../../lambda/event/queued-event.ts';

const request = {
  method: 'POST',
  target: '/messagemedia',
  date: 'Wed, 18 Jul 2018 06:33:52 GMT',
  signature: 'c2lnbmF0dXJl',
  digest: 'SHA256' as const,
  keyId: '7b7e0cf0-5c7a-4a3e-8f0e-0d6c1f3b2a11',
  contentType: 'application/json',
  requestId: 'request',
};
const messageOf = (body: string) => toQueueMessage({ ...request, body: Buffer.from(body) }).body;

/** What marks a line that has the data in base64, as members of a body. */
const encoded = ',"mmarchivedas":"data_base64","data_base64":"AAAA"';

test.each(['{"reply_id":"one","content":"two\\nlines"}', `{"a":1${encoded}}`])(
  'a message without line breaks is its own line: %j',
  (body) => {
    const message = messageOf(body);
    expect(fromArchiveLine(message)).toBe(message);
    expect(toArchiveLine(message)).toBe(message);
  },
);

test.each([
  '{\n  "reply_id": "one",\r\n  "message_id": "two"\n}\n',
  '[1,\n2]',
  '{"content":",\\"data\\":"\n}',
  `{"a":1${encoded}\n}`,
])('a body with line breaks is one line, read as the same event, and queued again as it was: %j', (body) => {
  const message = messageOf(body);
  const line = toArchiveLine(message);
  expect(line).not.toMatch(/[\r\n]/);
  expect(readQueuedEvent(line).signed).toEqual(readQueuedEvent(message).signed);
  expect(readQueuedEvent(line).event.payload).toEqual(readQueuedEvent(message).event.payload);
  expect(fromArchiveLine(line)).toBe(message);
});

test.each(['{\n"id":"a","data":1}', '{"id":\r"a"}'])(
  'a message of somebody else that is no line is refused: %j',
  (text) => {
    const message = 'The event has line breaks between its attributes, as no receiver writes';
    expect(() => toArchiveLine(text)).toThrow(expect.objectContaining({ code: 'invalid_attribute', message }));
  },
);

test('any body comes back as it was', () => {
  const json = fc.tuple(fc.json(), fc.constantFrom('', '\n', '\r\n', '\t')).map(([text, space]) => `${text}${space}`);
  const body = fc.oneof(
    json,
    fc.string({ unit: 'binary' }),
    fc.json().map((text) => text.replaceAll(',', ',\n')),
  );
  fc.assert(
    fc.property(body, (text) => {
      const message = messageOf(text);
      const line = toArchiveLine(message);
      expect(line).not.toMatch(/[\r\n]/);
      expect(fromArchiveLine(line)).toBe(message);
    }),
  );
});
