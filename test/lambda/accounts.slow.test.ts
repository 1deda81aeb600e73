import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { createQueueSender } from '../../lambda/event/queue-sender.ts';
import { parseKeyring } from '../../lambda/keys/keyring.ts';
import { createKeyring } from '../../lambda/keys/keyring-cache.ts';
import { createReceiver, type Outcome } from '../../lambda/receiver/receiver.ts';
import { type LocalQueue, startQueue } from '../../sandbox/aws/queue.ts';
import { type ConsumedEvent, consume } from '../../sandbox/consumer.ts';
import { sampleWebhooks } from '../../signing/sample-webhooks.ts';
import { toWire, type Webhook } from '../../signing/sender.ts';
import { httpApiEvent, makeKey, type TestKey } from '../support.ts';

/** Two accounts behind one endpoint. A replaces its key in the middle of the month. */
const [a, replaced, b] = [makeKey(), makeKey(), makeKey()];
const day = 86_400_000;
const start = Date.UTC(2026, 10, 1, 12);
const middle = start + 15 * day;
const keyring = JSON.stringify({
  keys: [
    { ...replaced.answer, account: 'A', retired_at: new Date(middle).toISOString() },
    { ...a.answer, account: 'A' },
    { ...b.answer, account: 'B' },
  ],
});
const { keys } = parseKeyring(keyring);
const samples = sampleWebhooks('/m');

let queue: LocalQueue;
beforeAll(async () => {
  queue = await startQueue();
});
afterAll(() => queue.close());

async function post(webhook: Webhook, key: TestKey, at: number): Promise<{ statusCode: number; outcome?: Outcome }> {
  const outcomes: Outcome[] = [];
  const receive = createReceiver({
    keyring: createKeyring({ load: async () => keyring, now: () => at, warn: () => {} }),
    send: createQueueSender(queue.client, queue.queueUrl, 5_000),
    now: () => at,
    toleranceSeconds: 900,
    report: (outcome) => outcomes.push(outcome),
  });
  const { statusCode } = await receive(httpApiEvent(toWire(webhook, key, new Date(at))), 'invocation');
  return { statusCode, ...(outcomes[0] && { outcome: outcomes[0] }) };
}

const take = () => consume(queue.client, queue.queueUrl, keys);

test('in an honest month of two accounts no event is lost, and none is attributed to the other', async () => {
  const expected: string[] = [];
  for (let at = start; at < start + 30 * day; at += day / 2) {
    // Events of both accounts, and of two kinds, have the same ids.
    const ids = { deliveryReport: randomUUID(), smsReply: randomUUID(), mmsReply: randomUUID() };
    for (const account of ['A', 'B']) {
      const key = account === 'B' ? b : at < middle ? replaced : a;
      for (const [name, id] of Object.entries({ ...ids, optOut: ids.smsReply })) {
        const webhook = samples[name as keyof typeof ids];
        const body = String(webhook.body)
          .replaceAll('MessageMedia123', at % day === 0 ? account : `sub-account of ${account}`)
          .replace(/"(delivery_report|reply|notification)_id":"[^"]*"/, `"$1_id":"${id}"`);
        expect(await post({ ...webhook, body }, key, at)).toMatchObject({ statusCode: 202 });
        // A retry of the same webhook is dropped.
        expect(await post({ ...webhook, body }, key, at)).toMatchObject({ statusCode: 202 });
        expected.push(`urn:messagemedia:account:${account} ${name === 'optOut' ? 'opt_out' : 'other'} ${id}`);
      }
    }
  }
  const read: ConsumedEvent[] = [];
  for (let some = await take(); some.length > 0; some = await take()) read.push(...some);
  const found = read.map(
    ({ event: { source, type, id } }) => `${source} ${type.endsWith('opt_out') ? 'opt_out' : 'other'} ${id}`,
  );
  expect(found.toSorted()).toEqual(expected.toSorted());
  expect(read.filter(({ reverified }) => !reverified)).toEqual([]);
});
