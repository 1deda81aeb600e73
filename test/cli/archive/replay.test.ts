import { CreateBucketCommand, GetObjectCommand } from '@aws-sdk/client-s3';
import type { Message } from '@aws-sdk/client-sqs';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { type BadLine, openRange } from '../../../cli/archive/read-archive.ts';
import { type Replay, replay } from '../../../cli/archive/replay.ts';
import type { Selection } from '../../../cli/archive/selection.ts';
import { createSender } from '../../../cli/queue/queues.ts';
import { toArchiveLine } from '../../../lambda/archive/archive-line.ts';
import { eventTypes } from '../../../lambda/contract.ts';
import { storeIn } from '../../../lambda/event/overflow-store.ts';
import { MessageRefusedError } from '../../../lambda/event/queue-refusals.ts';
import { createQueueSender } from '../../../lambda/event/queue-sender.ts';
import { openQueuedEvent, readQueuedEvent } from '../../../lambda/event/queued-event.ts';
import { reverify } from '../../../lambda/event/reverify.ts';
import { fetchFromS3 } from '../../../lambda/event/s3-data.ts';
import { parseKeyring } from '../../../lambda/keys/keyring.ts';
import { offload } from '../../received.ts';
import { keyringOf, makeKey } from '../../support.ts';
import { idOf, takeAll } from '../queue/put.ts';
import { type LocalArchive, messageOf, polledMessage, reportLine, startArchive } from './archive.ts';

const now = Date.parse('2026-11-25T12:00:00Z');
const key = makeKey();
const { keys } = parseKeyring(keyringOf(key));
const { deliveryReport, reply, webhook } = eventTypes;

let archive: LocalArchive;
let bad: BadLine[];
let refused: string[];
let sent: Set<string>;
let saved: number[];
beforeEach(async () => {
  archive = await startArchive();
  bad = [];
  refused = [];
  sent = new Set();
  saved = [];
});
afterEach(() => archive.queue.close());

/** Keeps the progress in memory, as the state does in a file. */
function save(digests: readonly string[]): void {
  saved.push(digests.length);
  for (const digest of digests) sent.add(digest);
}

async function run({ selection = {}, ...options }: Partial<Replay> & { selection?: Selection } = {}) {
  const { client, queueUrl } = archive.queue;
  const store = options.store ?? (() => Promise.reject(new MessageRefusedError('no bucket')));
  return replay(await openRange(archive, selection), {
    ...{ keys, replayId: 'again', isDryRun: false, rate: undefined, store },
    signal: new AbortController().signal,
    state: { wasSent: (digest) => sent.has(digest), add: save },
    send: createSender({ client, queueUrl, store }),
    wait: async () => {},
    onBad: (line) => bad.push(line),
    onRefused: (id, error) => refused.push(`${id}: ${error}`),
    ...options,
  });
}

const take = () => takeAll(archive.queue.client, archive.queue.queueUrl);
const idsOf = (messages: readonly Message[]) => messages.map(idOf);

test('an hour comes back: each event once, as it was queued, and with an attribute that says so', async () => {
  const inside = [
    messageOf(key, '2026-11-25T10:00:00Z', '{"reply_id":"r-1","n":12345678901234567890.10,\n"message_id":"one"}'),
    messageOf(key, '2026-11-25T10:30:00Z', { reply_id: 'r-2', message_id: 'two' }),
    polledMessage('2026-11-25T10:59:59.999Z', 'r-3'),
  ];
  for (const at of ['2026-11-25T09:59:59Z', '2026-11-25T11:00:00Z'])
    await archive.put(reply, at, [toArchiveLine(messageOf(key, at, { reply_id: at }))]);
  await archive.put(reply, '2026-11-25T10:00:00Z', [...inside, ...inside].map(toArchiveLine));
  const hour = { from: Date.parse('2026-11-25T10:00:00Z'), to: Date.parse('2026-11-25T11:00:00Z') };
  expect(await run({ selection: hour })).toEqual({
    sent: { reply: 3 },
    sentBefore: 0,
    duplicates: 3,
    bad: 0,
    refused: 0,
    isFinished: true,
  });
  const messages = await take();
  expect(messages.map(({ Body }) => Body)).toEqual(
    inside.map((message) => message.replace('{', '{"mmreplay":"again",')),
  );
  const [first] = messages;
  expect(first?.Attributes).toMatchObject({ MessageGroupId: 'one' });
  const read = readQueuedEvent(first?.Body ?? '');
  expect(read.event).toMatchObject({ id: 'r-1', mmreplay: 'again' });
  expect(reverify(read, keys)).toBe('good');
});

test('what is bad is not sent, and does not take the place of the event whose id it bears', async () => {
  const forged = messageOf({ ...makeKey(), id: key.id }, '2026-11-25T10:00:00Z', { reply_id: 'r-1' });
  const genuine = messageOf(key, '2026-11-25T10:00:01Z', { reply_id: 'r-1' });
  const object = await archive.put(reply, '2026-11-25T10:00:00Z', [forged, genuine, 'no event']);
  expect(await run()).toMatchObject({ sent: { reply: 1 }, duplicates: 0, bad: 2 });
  expect(bad).toEqual([
    { object, line: 1, id: 'r-1', reason: 'its signature does not verify' },
    { object, line: 3, id: undefined, reason: 'The message is not JSON' },
  ]);
  expect((await take()).map(({ Body }) => Body)).toEqual([genuine.replace('{', '{"mmreplay":"again",')]);
});

test('an event that was polled and also came signed is sent as signed, whichever came first', async () => {
  const hour = '2026-11-25T10:00:00Z';
  const signed = (id: string, by = key) => messageOf(by, hour, { reply_id: id });
  const stranger = { ...makeKey(), id: key.id };
  const lines = ['first', 'last', 'alone', 'forged'].map((id) => polledMessage(hour, id));
  await archive.put(reply, hour, [signed('last'), ...lines, signed('forged', stranger)], 'a');
  await archive.put(reply, '2026-11-25T11:00:00Z', [signed('first')], 'b');
  const bodyOf = (message: string) => message.replace('{', '{"mmreplay":"again",');
  const sentAs = async () => (await take()).map(({ Body }) => Body);
  expect(await run()).toMatchObject({ sent: { reply: 4 }, duplicates: 2, bad: 1 });
  expect(await sentAs()).toEqual(
    [signed('last'), lines[2], lines[3], signed('first')].map((body) => bodyOf(body ?? '')),
  );
  // The signed event comes later than the replay. SQS must not take it for the polled one.
  await archive.put(reply, '2026-11-25T11:00:00Z', [signed('alone')], 'c');
  expect(await run()).toMatchObject({ sent: { reply: 1 }, sentBefore: 3, duplicates: 3, bad: 1 });
  expect(await sentAs()).toEqual([bodyOf(signed('alone'))]);
});

test('the data of large events is put where consumers look for it', async () => {
  const { client } = archive;
  const otherBucket = 'new-large-events';
  await client.send(new CreateBucketCommand({ Bucket: otherBucket }));
  // One was too large for SQS; the other fits by a hair, and no more with an attribute.
  const large = JSON.stringify({ reply_id: 'large', content: 'x'.repeat(2_000_000) });
  const pointer = offload(messageOf(key, '2026-11-25T10:00:00Z', large), Buffer.from(large));
  await archive.putObject(`data/${pointer.key}`, large);
  const room = 1_048_576 - Buffer.byteLength(messageOf(key, '2026-11-25T10:00:01Z', { reply_id: 'fits', content: '' }));
  const fits = messageOf(key, '2026-11-25T10:00:01Z', { reply_id: 'fits', content: 'y'.repeat(room) });
  expect(Buffer.byteLength(fits)).toBe(1_048_576);
  await archive.put(reply, '2026-11-25T10:00:00Z', [pointer.message, fits]);

  expect(await run()).toMatchObject({ sent: {}, bad: 0, refused: 2 });
  expect(refused.sort()).toEqual(['fits: MessageRefusedError: no bucket', 'large: MessageRefusedError: no bucket']);
  expect(await run({ store: storeIn(otherBucket, client, 10_000) })).toMatchObject({ sent: { reply: 2 }, refused: 0 });
  const messages = await take();
  expect(idsOf(messages).sort()).toEqual(['fits', 'large']);
  for (const { Body = '' } of messages) {
    const read = await openQueuedEvent(Body, fetchFromS3(client, otherBucket));
    expect(read.event.mmreplay).toBe('again');
    expect(reverify(read, keys)).toBe('good');
  }
  const { ContentLength } = await client.send(new GetObjectCommand({ Bucket: otherBucket, Key: pointer.key }));
  expect(ContentLength).toBe(large.length);
});

test('an event that the queue refuses is told and not counted as sent, and stops no other', async () => {
  const lines = many.slice(0, 150);
  await archive.put(deliveryReport, '2026-11-25T11:00:00Z', lines);
  const { client, queueUrl } = archive.queue;
  const send = createQueueSender(client, queueUrl);
  const refusing: Replay['send'] = async (message) => {
    if (JSON.parse(message.body).id === 'd-120') throw new MessageRefusedError('no XML');
    await send(message);
  };
  expect(await run({ send: refusing })).toMatchObject({ sent: { delivery_report: 149 }, refused: 1, isFinished: true });
  expect(refused).toEqual(['d-120: MessageRefusedError: no XML']);
  expect(saved).toEqual([100, 49]);
  expect(idsOf(await take())).toHaveLength(149);
  // It stays to be sent.
  expect(await run()).toMatchObject({ sent: { delivery_report: 1 }, sentBefore: 149, refused: 0 });
  expect(idsOf(await take())).toEqual(['d-120']);
});

test('a reply and an opt-out with the same id are two events, in groups of the account of their key', async () => {
  const line = (body: object) => toArchiveLine(messageOf(key, '2026-11-25T10:00:00Z', { message_id: 'm', ...body }));
  await archive.put(eventTypes.reply, '2026-11-25T10:00:00Z', [line({ reply_id: 'same' })]);
  await archive.put(eventTypes.optOut, '2026-11-25T10:00:00Z', [line({ notification_id: 'same' })]);
  const groups: string[] = [];
  const send: Replay['send'] = async ({ groupId }) => groups.push(groupId);
  expect(await run({ send })).toMatchObject({ sent: { reply: 1, opt_out: 1 }, duplicates: 0 });
  sent.clear();
  await run({ send, keys: keys.map((one) => ({ ...one, account: 'A' })) });
  expect(groups).toEqual(['m', 'm', 'A/m', 'A/m']);
});

/** 250 reports about 7 messages, as lines. */
const many = Array.from({ length: 250 }, (_, index) =>
  reportLine(key, new Date(now - 3_600_000 + index * 1000).toISOString(), `d-${index}`, {
    message_id: `m-${index % 7}`,
  }),
);
const manyIds = many.map((line) => JSON.parse(line).id);

test('what was sent before its state was kept is dropped by the queue; the order within a message stays', async () => {
  await archive.put(deliveryReport, '2026-11-25T11:00:00Z', many);
  const crash = () => {
    throw new Error('the machine is gone');
  };
  await expect(run({ state: { wasSent: () => false, add: crash } })).rejects.toThrow('the machine is gone');
  await run();
  const messages = await take();
  expect(idsOf(messages).sort()).toEqual([...manyIds].sort());
  const byMessage = Map.groupBy(messages, ({ Attributes }) => Attributes?.MessageGroupId);
  expect(byMessage.size).toBe(7);
  for (const group of byMessage.values()) {
    const indexes = idsOf(group).map((id) => Number(id.slice(2)));
    expect(indexes).toEqual([...indexes].sort((one, other) => one - other));
  }
});

test('what the queue does not take for a reason that may concern all ends the replay, once the other groups are sent', async () => {
  await archive.put(deliveryReport, '2026-11-25T11:00:00Z', many.slice(0, 21));
  const groups: string[] = [];
  const send: Replay['send'] = async ({ groupId }) => {
    if (groupId === 'm-0') throw new Error('no key');
    await new Promise(setImmediate);
    groups.push(groupId);
  };
  await expect(run({ send })).rejects.toThrow('no key');
  expect(groups).toHaveLength(18);
});

test('another replay queues the same events once more', async () => {
  await archive.put(webhook, '2026-11-25T10:00:00Z', [messageOf(key, '2026-11-25T10:00:00Z', 'text')]);
  await run();
  sent.clear();
  await run({ replayId: 'another' });
  const messages = await take();
  expect(messages.map(({ Body = '' }) => JSON.parse(Body).mmreplay)).toEqual(['again', 'another']);
  expect(new Set(idsOf(messages)).size).toBe(1);
});

test('no more than the rate is sent', async () => {
  await archive.put(deliveryReport, '2026-11-25T11:00:00Z', many);
  const waits: number[] = [];
  await run({
    rate: 50,
    send: async () => {},
    wait: async (milliseconds) => {
      waits.push(milliseconds);
    },
  });
  // 250 events are 5 chunks of a second each, and nobody waits here: the last is 4 seconds early.
  expect(saved).toEqual([50, 50, 50, 50, 50]);
  expect(waits).toHaveLength(4);
  expect((waits[3] ?? 0) / (waits[1] ?? 1)).toBeGreaterThan(1.5);
});
