import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { isFaultless, runLoad } from '../../bench/load-run.ts';
import type { LoadTarget } from '../../bench/load-target.ts';
import { countMessages } from '../../cli/queue/queues.ts';
import { type LocalQueue, startQueue } from '../../sandbox/aws/queue.ts';
import { put } from '../cli/queue/put.ts';
import { makeKey } from '../support.ts';

let queue: LocalQueue;
beforeAll(async () => {
  queue = await startQueue();
});
afterAll(() => queue.close());

/** A receiver that refuses what was changed on the way, and queues the rest as `queueIt` does. */
function targetOf(queueIt: (id: string) => Promise<unknown>): LoadTarget {
  const send = async ({ body }: { body: Buffer }) => {
    const { reply_id: id, content } = JSON.parse(String(body));
    if (content === 'Hallo') return { status: 401, headers: {}, body: '' };
    await queueIt(id);
    return { status: 202, headers: {}, body: '' };
  };
  return { path: '/', key: makeKey('SHA256', 2048), send, queue, outages: [], close: async () => {} };
}
const speed = { count: 20, rate: 1_000 };

test('a load takes only its own events off the queue', async () => {
  const { client, queueUrl } = queue;
  await put(client, queueUrl, { id: 'of somebody', message: 'other' });
  const target = targetOf((id) => put(client, queueUrl, { id, message: id, attributes: { id } }));
  const report = await runLoad(target, speed);
  expect({ isFaultless: isFaultless(report), ...report }).toMatchObject({ isFaultless: true, events: 10, others: 1 });
  const { waiting, inFlight } = await countMessages(client, queueUrl);
  expect(waiting + inFlight).toBe(1);
});

test('what is accepted and not queued is a fault', async () => {
  const report = await runLoad(
    targetOf(async () => {}),
    speed,
  );
  expect(isFaultless(report)).toBe(false);
  expect(report).toMatchObject({ events: 0, faults: { 'accepted, but not in the queue': 10 } });
});
