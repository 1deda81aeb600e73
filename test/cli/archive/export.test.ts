import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { type Export, exportEvents } from '../../../cli/archive/export.ts';
import type { BrokenLine } from '../../../cli/archive/read-archive.ts';
import { eventTypes } from '../../../lambda/contract.ts';
import { readQueuedEvent } from '../../../lambda/event/queued-event.ts';
import { reverify } from '../../../lambda/event/reverify.ts';
import { parseKeyring } from '../../../lambda/keys/keyring.ts';
import { offload } from '../../received.ts';
import { keyringOf, makeKey } from '../../support.ts';
import { collect, type LocalArchive, messageOf, polledMessage, reportLine, startArchive } from './archive.ts';

const now = Date.parse('2026-11-25T12:00:00Z');
const at = '2026-11-25T10:00:00Z';
const key = makeKey();
const { keys } = parseKeyring(keyringOf(key));
let archive: LocalArchive;
let broken: BrokenLine[];
beforeEach(async () => {
  archive = await startArchive();
  broken = [];
});
afterEach(() => archive.queue.close());

const exported = async (format: Export['format'], options: Partial<Export> = {}) =>
  (
    await collect(
      exportEvents(archive, {
        ...{ selection: {}, now, format, keys: undefined, broken: (line: BrokenLine) => broken.push(line) },
        ...options,
      }),
    )
  ).join('');
const head =
  'id,type,subject,source,time,signed,key_id,status,error_code,source_number,destination_number,content,metadata';

test('a row has what there is of an event, quoted as RFC 4180 wants it', async () => {
  const fields = { message_id: 'm', source_number: '+61491570157', date_received: '2026-11-25T09:59:59.500Z' };
  const reply = {
    reply_id: 'r',
    ...fields,
    destination_number: '+61491570156',
    content: 'a "b",\nc',
    metadata: { k: 'v' },
  };
  const line = reportLine(key, at, 'd', { ...fields, error_code: '220', account_id: 'A' });
  await archive.put(eventTypes.deliveryReport, at, [line, line]);
  await archive.put(eventTypes.reply, at, [messageOf(key, at, reply), polledMessage(at, 'p')]);
  const type = 'com.messagemedia';
  expect(await exported('csv')).toBe(
    [
      head,
      `d,${type}.delivery_report,m,urn:messagemedia:account:A,2026-11-25T09:59:59.500Z,2026-11-25T10:00:00.000Z,${key.id},delivered,220,'+61491570157,,,`,
      `r,${type}.reply,m,urn:messagemedia,2026-11-25T09:59:59.500Z,2026-11-25T10:00:00.000Z,${key.id},,,'+61491570157,'+61491570156,"a ""b"",\nc","{""k"":""v""}"`,
      `p,${type}.reply,,urn:messagemedia,${at},,,,,,,,`,
      '',
    ].join('\r\n'),
  );
});

test.each(['=1+1', '+1', '-1', '@x', '\t=1', '\r=1'])(
  'a text that a spreadsheet could take for a formula gets a quote: %j',
  async (content) => {
    await archive.put(eventTypes.reply, at, [messageOf(key, at, { reply_id: 'r', content })]);
    expect(await exported('csv')).toMatch(new RegExp(`,"?'${content.replace(/[+]/g, '\\$&')}"?,`));
  },
);

test('with verdicts, every row says whether it is proved', async () => {
  const forged = messageOf({ ...makeKey(), id: key.id }, at, { reply_id: 'forged' });
  await archive.put(eventTypes.reply, at, [messageOf(key, at, { reply_id: 'r' }), forged, polledMessage(at, 'p')]);
  const rows = (await exported('csv', { keys })).split('\r\n');
  expect(rows[0]).toBe(`${head},verdict`);
  expect(rows.slice(1, 4).map((row) => row.slice(row.lastIndexOf(',') + 1))).toEqual([
    'good',
    'bad: its signature does not verify',
    'polled',
  ]);
  const lines = (await exported('jsonl', { keys }))
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line));
  expect(lines.map(({ id, verdict }) => [id, verdict])).toEqual([
    ['r', 'good'],
    ['forged', 'bad: its signature does not verify'],
    ['p', 'polled'],
  ]);
});

test('a line of JSON still proves itself', async () => {
  const message = messageOf(key, at, '{"reply_id":"r","n":12345678901234567890.10}');
  await archive.put(eventTypes.reply, at, [message, message]);
  const [line = '', ...others] = (await exported('jsonl')).trimEnd().split('\n');
  expect([line, others]).toEqual([message, []]);
  const withVerdict = await exported('jsonl', { keys });
  expect(reverify(readQueuedEvent(withVerdict), keys)).toBe('good');
});

test('the fields of a large event come from its data; one without data is told, and has none', async () => {
  const body = JSON.stringify({ reply_id: 'large', content: 'x' });
  const pointer = offload(messageOf(key, at, body), Buffer.from(body));
  const object = await archive.put(eventTypes.reply, at, [pointer.message]);
  expect(await exported('csv')).toMatch(/\r\nlarge,.*,,\r\n$/);
  expect(broken).toEqual([{ object, line: 1, reason: expect.stringContaining('its data is missing') }]);
  await archive.putObject(`data/${pointer.key}`, body);
  expect(await exported('csv')).toMatch(/\r\nlarge,.*,x,\r\n$/);
});
