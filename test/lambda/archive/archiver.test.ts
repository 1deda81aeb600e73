import { expect, test } from '@jest/globals';
import { createArchiver, maxRecordBytes, pauseMilliseconds } from '../../../lambda/archive/archiver.ts';
import { type EventType, eventTypes } from '../../../lambda/contract.ts';
import type { QueueMessage } from '../../../lambda/event/queue-message.ts';

const { deliveryReport, reply } = eventTypes;

/** An archiver whose stream and queue can fail, and what became of its messages. */
function setUp() {
  const state = {
    now: 0,
    failing: new Set<EventType | 'queue'>(),
    streamed: [] as string[],
    tried: 0,
    queued: [] as string[],
    paused: [] as EventType[],
    lost: [] as string[],
  };
  const archive = createArchiver({
    put: async (type, line) => {
      state.tried++;
      if (state.failing.has(type)) throw new Error('no stream');
      state.streamed.push(Buffer.from(line).toString());
    },
    enqueue: async ({ body }) => {
      if (state.failing.has('queue')) throw new Error('no queue');
      state.queued.push(body);
    },
    now: () => state.now,
    pausing: (type) => state.paused.push(type),
    failed: ({ id }, error) => state.lost.push(`${id}: ${error instanceof Error ? error.message : error}`),
  });
  return { state, archive };
}

const message = (body: string, changes: Partial<QueueMessage> = {}): QueueMessage => ({
  ...{ id: body, type: deliveryReport, body, groupId: 'g', deduplicationId: 'd' },
  ...{ dataContentType: undefined, unrendered: [], ...changes },
});

test('a stream gets a line for each message, with its end', async () => {
  const { state, archive } = setUp();
  await archive(message('{"data":1}'));
  await archive(message('{"specversion":"1.0","data":[1,\n2]}'));
  expect(state.streamed[0]).toBe('{"data":1}\n');
  expect(state.streamed[1]).toMatch(/^[^\n]*"mmarchivedas":"data_base64"[^\n]*\n$/);
  expect(state.queued).toEqual([]);
});

test.each([
  [maxRecordBytes - 1, 'stream'],
  [maxRecordBytes, 'queue'],
])('a message of %d bytes goes through the %s: a record has the end of the line too', async (bytes, way) => {
  const { state, archive } = setUp();
  // Of two bytes each, as bytes and not characters count.
  await archive(message('é'.repeat(Math.floor(bytes / 2)) + 'x'.repeat(bytes % 2)));
  expect([state.streamed.length, state.queued.length]).toEqual(way === 'stream' ? [1, 0] : [0, 1]);
  expect(state.tried).toBe(way === 'stream' ? 1 : 0);
});

test('a message whose data is elsewhere goes through the queue: its data is to be copied', async () => {
  const { state, archive } = setUp();
  await archive(message('large', { dataref: 's3://b/0' }));
  expect(state).toMatchObject({ queued: ['large'], tried: 0 });
});

test('what a stream does not take goes through the queue, and so does what follows for a while', async () => {
  const { state, archive } = setUp();
  state.failing.add(deliveryReport);
  await archive(message('first'));
  state.now = pauseMilliseconds - 1;
  await archive(message('second'));
  expect(state).toMatchObject({ tried: 1, queued: ['first', 'second'], paused: [deliveryReport], lost: [] });

  // Other streams go on.
  await archive(message('other', { type: reply }));
  expect(state.streamed).toEqual(['other\n']);

  state.now = pauseMilliseconds;
  state.failing.clear();
  await archive(message('third'));
  expect(state.streamed).toEqual(['other\n', 'third\n']);
});

test('what neither takes is told of, and rejects nothing', async () => {
  const { state, archive } = setUp();
  state.failing.add(deliveryReport).add('queue');
  await archive(message('gone'));
  await archive(message('large', { dataref: 's3://b/0' }));
  expect(state.lost).toEqual(['gone: no queue', 'large: no queue']);
});
