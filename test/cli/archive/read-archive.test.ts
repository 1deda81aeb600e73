import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { listEventObjects, measure } from '../../../cli/archive/event-objects.ts';
import { type BrokenLine, readArchive } from '../../../cli/archive/read-archive.ts';
import { readSelection, type SelectionOptions } from '../../../cli/archive/selection.ts';
import { toArchiveLine } from '../../../lambda/archive/archive-line.ts';
import { eventTypes } from '../../../lambda/contract.ts';
import { makeKey } from '../../support.ts';
import { collect, type LocalArchive, messageOf, polledMessage, reportLine, startArchive } from './archive.ts';

const key = makeKey();
const now = Date.parse('2026-11-25T12:00:00Z');
let archive: LocalArchive;
beforeEach(async () => {
  archive = await startArchive();
});
afterEach(() => archive.queue.close());

async function read(options: SelectionOptions = {}) {
  const broken: BrokenLine[] = [];
  const events = await collect(
    readArchive(archive, readSelection(options, now), now, { broken: (line) => broken.push(line) }),
  );
  return { ids: events.map(({ event }) => event.id), events, broken };
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

test('selects by the time of the signature, the end not included, wherever in the range of arrival the event is', async () => {
  const { deliveryReport } = eventTypes;
  // A clock that is ahead, an hour that begins, an event of the day before that was retried with its first signature.
  await archive.put(deliveryReport, '2026-11-24T09:59:00Z', [reportLine(key, '2026-11-24T10:05:00Z', 'ahead')]);
  await archive.put(deliveryReport, '2026-11-24T10:30:00Z', [
    reportLine(key, '2026-11-24T09:59:59Z', 'before'),
    reportLine(key, '2026-11-24T10:00:00Z', 'first'),
    reportLine(key, '2026-11-24T10:59:59Z', 'last'),
    reportLine(key, '2026-11-24T11:00:00Z', 'behind'),
  ]);
  await archive.put(deliveryReport, '2026-11-25T11:05:00Z', [reportLine(key, '2026-11-24T10:10:00Z', 'late')]);
  await archive.put(eventTypes.reply, '2026-11-24T10:20:00Z', [polledMessage('2026-11-24T10:15:00.5Z', 'polled')]);
  const hour = { from: '2026-11-24T10:00:00Z', to: '2026-11-24T11:00:00Z' };
  expect((await read(hour)).ids.sort()).toEqual(['ahead', 'first', 'last', 'late', 'polled']);
  expect((await read({ from: '26h', to: '25h' })).ids.sort()).toEqual(['ahead', 'first', 'last', 'late', 'polled']);
  expect((await read({ to: '2026-11-24' })).ids).toEqual([]);
});

test('reads no more than the hours in which an event of the range can have come', async () => {
  const { deliveryReport } = eventTypes;
  for (let hour = 0; hour < 100; hour++) {
    await archive.put(deliveryReport, new Date(now - hour * 3_600_000).toISOString(), []);
  }
  const selection = readSelection({ from: '2026-11-22T10:00:00Z', to: '2026-11-22T11:00:00Z' }, now);
  const keys = (await collect(listEventObjects(archive, selection, now))).map(({ key }) => key);
  expect(keys[0]).toContain('day=22/hour=09/');
  expect(keys.at(-1)).toContain('day=23/hour=12/');
  expect(keys).toHaveLength(28);
  expect(await measure(archive, selection, now)).toEqual({ objects: 28, bytes: 28 * 20 });
});

test('an archive of more than a page is read to its end', async () => {
  const day = '2026-11-25T09:00:00Z';
  for (const id of ['a', 'b', 'c', 'd', 'e'])
    await archive.put(eventTypes.deliveryReport, day, [reportLine(key, day, id)]);
  let pages = 0;
  archive.client.middlewareStack.add(
    (next, { commandName }) =>
      (args) => {
        if (commandName !== 'ListObjectsV2Command') return next(args);
        pages++;
        return next({ ...args, input: { ...args.input, MaxKeys: 2 } as typeof args.input });
      },
    { step: 'initialize' },
  );
  expect((await read({ type: ['delivery_report'] })).ids).toEqual(['a', 'b', 'c', 'd', 'e']);
  expect(pages).toBe(3);
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
