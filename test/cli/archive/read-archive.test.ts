import { S3Client } from '@aws-sdk/client-s3';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { readObject } from '../../../cli/archive/objects.ts';
import { openRange, readRange } from '../../../cli/archive/read-archive.ts';
import { readSelection, type SelectionOptions } from '../../../cli/archive/selection.ts';
import { toArchiveLine } from '../../../lambda/archive/archive-line.ts';
import { eventTypes } from '../../../lambda/contract.ts';
import { localCredentials } from '../../../sandbox/aws/credentials.ts';
import { listen } from '../../../sandbox/http.ts';
import { makeKey } from '../../support.ts';
import { collect, type LocalArchive, messageOf, reportLine, startArchive } from './archive.ts';

const key = makeKey();
const now = Date.parse('2026-11-25T12:00:00Z');
let archive: LocalArchive;
beforeEach(async () => {
  archive = await startArchive();
});
afterEach(() => archive.queue.close());

async function read(options: SelectionOptions = {}) {
  const found = await collect(readRange(await openRange(archive, readSelection(options, now))));
  const events = found.filter((line) => 'event' in line);
  return { ids: events.map(({ event }) => event.id), events, broken: found.filter((line) => 'reason' in line) };
}

test('gives events with their place, by the hour in which they came, all types together', async () => {
  const { deliveryReport, reply } = eventTypes;
  const signed = '2026-11-25T09:00:00Z';
  const replyAt = (id: string) => toArchiveLine(messageOf(key, signed, { reply_id: id, content: 'two\nlines' }));
  await archive.put(reply, '2026-11-25T10:59:00Z', [replyAt('r2')]);
  await archive.put(deliveryReport, '2026-11-25T10:00:00Z', [reportLine(key, signed, 'd2')], 'a');
  await archive.put(deliveryReport, '2026-11-25T09:10:00Z', [
    reportLine(key, signed, 'd1'),
    reportLine(key, signed, 'd1b'),
  ]);
  await archive.put(reply, '2026-11-25T09:00:00Z', [replyAt('r1')]);
  const { ids, events, broken } = await read();
  expect(ids).toEqual(['d1', 'd1b', 'r1', 'd2', 'r2']);
  expect(events[1]).toMatchObject({
    object: expect.stringMatching(/^events\/type=delivery_report\/year=2026\/month=11\/day=25\/hour=09\//),
    line: 2,
  });
  expect(broken).toEqual([]);
});

test('whole hours of arrival are selected, whenever the events were signed', async () => {
  const { deliveryReport } = eventTypes;
  for (let hour = 0; hour < 50; hour++) {
    const arrival = new Date(now - hour * 3_600_000).toISOString();
    await archive.put(deliveryReport, arrival, [reportLine(key, '2026-10-12T10:00:00Z', `${hour}`)]);
  }
  expect((await read({ from: '2026-11-24T10:00:00Z', to: '2026-11-24T12:00:00Z' })).ids).toEqual(['26', '25']);
  expect((await read({ from: '2026-11-24T10:59:59Z', to: '2026-11-24T11:00:01Z' })).ids).toEqual(['26', '25']);
  expect((await read({ from: '26h', to: '24h' })).ids).toEqual(['26', '25']);
  expect((await read({ from: '90m' })).ids).toEqual(['2', '1', '0']);
  expect((await read({ to: '2026-11-23T12:00:00Z' })).ids).toEqual(['49']);
});

test('what came in an hour that the clock of this machine does not know yet is read too', async () => {
  const later = new Date(Date.now() + 7_200_000).toISOString();
  await archive.put(eventTypes.deliveryReport, later, [reportLine(key, later, 'later')]);
  expect((await read()).ids).toEqual(['later']);
});

test('selects by type, subject and id', async () => {
  const signed = '2026-11-25T09:00:00Z';
  await archive.put(eventTypes.deliveryReport, signed, [
    reportLine(key, signed, 'a', { message_id: 'one' }),
    reportLine(key, signed, 'b', { message_id: 'two' }),
  ]);
  await archive.put(eventTypes.optOut, signed, [messageOf(key, signed, { notification_id: 'c', message_id: 'one' })]);
  expect((await read({ type: ['opt_out'] })).ids).toEqual(['c']);
  expect((await read({ subject: 'one' })).ids).toEqual(['a', 'c']);
  expect((await read({ subject: 'one', type: ['delivery_report', 'reply'] })).ids).toEqual(['a']);
  expect((await read({ id: 'b' })).ids).toEqual(['b']);
});

test('a broken line is told with its place and nothing of its content, and the others are read', async () => {
  const signed = '2026-11-25T09:00:00Z';
  const object = await archive.put(eventTypes.reply, signed, [
    reportLine(key, signed, 'a'),
    '{"secret":',
    '{"specversion":"1.0","secret":1}',
    reportLine(key, signed, 'b'),
  ]);
  const cut = await archive.putObject(object.replace('object', 'other'), Buffer.from([0x1f, 0x8b, 8]));
  const { ids, broken } = await read();
  expect(ids).toEqual(['a', 'b']);
  expect(broken).toEqual([
    { object, line: 2, reason: 'The message is not JSON' },
    { object, line: 3, reason: 'The message has no id' },
    { object: cut, line: 1, reason: expect.stringContaining('cannot be decompressed') },
  ]);
});

test.each([
  [{ from: 'yesterday' }, 'yesterday is not a time'],
  [{ to: '2026-02-30' }, '2026-02-30 is not a time'],
  [{ from: '1h', to: '2h' }, 'No event lies between --from 1h and --to 2h'],
  [{ type: ['report'] }, 'report is not a type of event: give delivery_report, reply, opt_out, webhook'],
])('%j is refused in words', (options, message) => {
  expect(() => readSelection(options, now)).toThrow(message);
});

const content = Buffer.from('0123456789'.repeat(100_000));

/** An S3 that breaks off after some bytes of each of its first answers. */
async function readBroken(breaks: number) {
  let tries = 0;
  const server = await listen(0, (_request, response) => {
    response.writeHead(200, { 'content-length': content.length });
    if (++tries > breaks) response.end(content);
    else response.write(content.subarray(0, 200_000), () => response.destroy());
  });
  const client = new S3Client({
    endpoint: server.url,
    region: 'us-east-1',
    credentials: localCredentials,
    forcePathStyle: true,
  });
  try {
    return { bytes: Buffer.from(await readObject({ client, bucket: 'archive' }, 'key')), tries };
  } finally {
    client.destroy();
    await server.close();
  }
}

test('an object whose connection breaks is read again', async () => {
  const { tries, bytes } = await readBroken(3);
  expect(bytes.equals(content)).toBe(true);
  expect(tries).toBe(4);
});

test('one that breaks each time is an error, not the end of the object', async () => {
  await expect(readBroken(100)).rejects.toThrow();
});
