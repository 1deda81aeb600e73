import { gunzipSync } from 'node:zlib';
import { DeleteObjectCommand, GetObjectCommand, ListObjectsV2Command } from '@aws-sdk/client-s3';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { erasePerson } from '../../../cli/archive/erase.ts';
import { findPerson } from '../../../cli/archive/find-person.ts';
import { type Person, parsePhone } from '../../../cli/archive/person.ts';
import { openRange } from '../../../cli/archive/read-archive.ts';
import { toArchiveLine } from '../../../lambda/archive/archive-line.ts';
import { eventTypes } from '../../../lambda/contract.ts';
import { offload } from '../../received.ts';
import { makeKey } from '../../support.ts';
import { type LocalArchive, messageOf, reportLine, startArchive } from './archive.ts';

const at = '2026-11-25T10:00:00Z';
const key = makeKey();
const phone = parsePhone('+61 491 570 157');
let archive: LocalArchive;
beforeEach(async () => {
  archive = await startArchive();
});
afterEach(() => archive.queue.close());

const find = async (person: Person, selection = {}) => findPerson(await openRange(archive, selection), person);
async function contentOf(Key: string): Promise<string[]> {
  const { Body } = await archive.client.send(new GetObjectCommand({ Bucket: archive.bucket, Key }));
  return gunzipSync((await Body?.transformToByteArray()) ?? new Uint8Array())
    .toString()
    .split('\n')
    .slice(0, -1);
}
async function keys(): Promise<string[]> {
  const { Contents = [] } = await archive.client.send(new ListObjectsV2Command({ Bucket: archive.bucket }));
  return Contents.map(({ Key = '' }) => Key);
}

test("a phone's lines go, wherever the number is a source or a destination, and all others stay as they are", async () => {
  const from = reportLine(key, at, 'from', { source_number: '+61491570157' });
  const to = messageOf(key, at, { reply_id: 'to', source_number: '+61491570999', destination_number: '61491570157' });
  const longer = reportLine(key, at, 'longer', { source_number: '+614915701570' });
  const quoted = messageOf(key, at, { reply_id: 'quoted', source_number: '+1', content: 'call +61491570157' });
  const other = toArchiveLine(messageOf(key, at, '{"reply_id":"other",\n"source_number":"+61491570158"}'));
  const mixed = await archive.put(eventTypes.deliveryReport, at, [longer, from, 'no event', other]);
  const only = await archive.put(eventTypes.reply, at, [to]);
  const untouched = await archive.put(eventTypes.reply, at, [quoted]);

  const found = await find({ phone });
  expect(found).toEqual({
    ...{
      events: 2,
      data: [],
      locks: [],
      uncertain: [{ object: untouched, line: 1, reason: expect.stringContaining('typed') }],
    },
    objects: [mixed, only],
    unreadable: [{ object: mixed, line: 3, reason: 'The message is not JSON' }],
  });
  expect(await contentOf(mixed)).toHaveLength(4);
  expect(await erasePerson(archive, { phone }, found)).toBe(2);
  expect(await contentOf(mixed)).toEqual([longer, 'no event', other]);
  expect((await keys()).sort()).toEqual([mixed, untouched].sort());
  expect((await find({ phone })).events).toBe(0);
});

test('the events about a message go, with the data of large ones', async () => {
  const body = JSON.stringify({ reply_id: 'large', message_id: 'one', source_number: '+61491570157' });
  const { message, key: hash } = offload(messageOf(key, at, body), Buffer.from(body));
  const missing = message.replace(hash, 'f'.repeat(64));
  await archive.putObject(`data/${hash}`, body);
  await archive.putObject(`data/${'0'.repeat(64)}`, 'of somebody else');
  const other = reportLine(key, at, 'two', { message_id: 'two' });
  const object = await archive.put(eventTypes.reply, at, [message, other]);
  const found = await find({ subject: 'one' });
  expect(found).toMatchObject({ events: 1, objects: [object], data: [`data/${hash}`] });
  // Before data is deleted, all is read that may have it too.
  const broken = await archive.put(eventTypes.webhook, at, ['cut']);
  const { unreadable } = await find({ subject: 'one' }, { types: [eventTypes.reply] });
  expect(unreadable).toMatchObject([{ object: broken }]);
  await archive.client.send(new DeleteObjectCommand({ Bucket: archive.bucket, Key: broken }));
  // By phone, the data is looked into; where there is none, nobody knows.
  await archive.put(eventTypes.reply, at, [missing]);
  expect(await find({ phone })).toMatchObject({
    data: [`data/${hash}`],
    unreadable: [{ reason: expect.stringContaining('its data is missing') }],
  });
  await erasePerson(archive, { subject: 'one' }, found);
  expect(await contentOf(object)).toEqual([other]);
  expect((await keys()).filter((name) => name.startsWith('data/'))).toEqual([`data/${'0'.repeat(64)}`]);
});

test('an object that cannot be read to its end is not written again', async () => {
  const object = await archive.put(eventTypes.reply, at, [reportLine(key, at, 'r', { source_number: '+61491570157' })]);
  const found = await find({ phone });
  const { Body } = await archive.client.send(new GetObjectCommand({ Bucket: archive.bucket, Key: object }));
  const bytes = Buffer.concat([(await Body?.transformToByteArray()) ?? Buffer.alloc(0), Buffer.from('rubbish')]);
  await archive.putObject(object, bytes);
  await expect(erasePerson(archive, { phone }, found)).rejects.toMatchObject({
    message: `Erasing failed. Events about the person are still in ${object}.`,
    cause: { message: expect.stringMatching(/cannot be rewritten: in line \d+, the rest of/) },
  });
  const { ContentLength } = await archive.client.send(new GetObjectCommand({ Bucket: archive.bucket, Key: object }));
  expect(ContentLength).toBe(bytes.length);
});

test('a line that nobody can tell whom it is about stays, and does not keep others from being erased', async () => {
  const person = reportLine(key, at, 'd', { source_number: '+61491570157' });
  const body = JSON.stringify({ reply_id: 'r' });
  const dangling = offload(messageOf(key, at, body), Buffer.from(body)).message;
  const behind = messageOf(key, at, { reply_id: 'behind' }).replace(/}$/, ',"more":"x"}');
  const object = await archive.put(eventTypes.deliveryReport, at, [dangling, behind, person]);
  const found = await find({ phone });
  expect(found.unreadable.map(({ line }) => line)).toEqual([1, 2]);
  expect(await erasePerson(archive, { phone }, found)).toBe(1);
  expect(await contentOf(object)).toEqual([dangling, behind]);
});

test('what is locked is named with its end, and nothing is erased', async () => {
  const object = await archive.put(eventTypes.reply, at, [reportLine(key, at, 'r', { source_number: '+61491570157' })]);
  const found = await find({ phone });
  const locks = [{ key: object, mode: 'COMPLIANCE', until: '2027-11-25T10:00:00.000Z' }];
  await expect(erasePerson(archive, { phone }, { ...found, locks })).rejects.toThrow(
    `${object} is locked (COMPLIANCE) and cannot be erased before 2027-11-25T10:00:00.000Z.\nNothing was erased.`,
  );
  expect(await contentOf(object)).toHaveLength(1);
});

test.each(['0491570157', '+0491570157', '61491570157', '+61', 'x'])(
  '%s is no number in the international form',
  (text) => {
    expect(() => parsePhone(text)).toThrow('such as +61491570157');
  },
);
