import { randomUUID } from 'node:crypto';
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from '@jest/globals';
import { type LocalQueue, startQueue } from '../../sandbox/aws/queue.ts';
import { type LocalSecrets, startSecrets } from '../../sandbox/aws/secrets.ts';
import { startReceiver } from '../received.ts';
import { keyringOf, makeKey } from '../support.ts';
import { environmentOf } from './bad-day.ts';
import { drain } from './event-source-mapping.ts';
import { sendAll } from './messages.ts';
import { consumers, startConsumer } from './process.ts';
import { type LocalTable, startTable } from './table.ts';

const key = makeKey();
let table: LocalTable;
let secrets: LocalSecrets;
let queue: LocalQueue;
beforeAll(async () => {
  [table, secrets] = await Promise.all([startTable(), startSecrets()]);
  secrets.put('keyring', keyringOf(key));
});
afterAll(() => Promise.all([table.close(), secrets.close()]));
beforeEach(async () => {
  queue = await startQueue();
});
afterEach(() => queue.close());

type Language = keyof typeof consumers;

/** What a consumer handles of what is sent. */
async function handledBy(language: Language, bodies: readonly string[], replays: string): Promise<number> {
  let effects = 0;
  const environment = { ...environmentOf(queue, table, secrets), AWS_LAMBDA_FUNCTION_NAME: language, REPLAYS: replays };
  const consumer = startConsumer(consumers[language], environment, () => effects++);
  await sendAll(
    queue,
    bodies.map((body) => ({ body, groupId: randomUUID(), deduplicationId: randomUUID() })),
  );
  await drain(queue, consumer.invoke);
  await consumer.close();
  return effects;
}

test.each<[Language, Language]>([
  ['typescript', 'python'],
  ['python', 'typescript'],
])(
  'what the consumer in %s handled, the one in %s skips',
  async (one, other) => {
    const body = JSON.stringify({ delivery_report_id: randomUUID(), message_id: randomUUID(), status: 'delivered' });
    const webhook = { method: 'POST', target: '/messagemedia', contentType: 'application/json', body } as const;
    const message = await startReceiver(key)(webhook);
    const replayed = ['first', 'zwölf 👍🏽', '\\ud83d'].map((id) => message.body.replace('{', `{"mmreplay":"${id}",`));
    const bodies = [message.body, ...replayed];
    expect(await handledBy(one, bodies, 'handle')).toBe(4);
    expect(await handledBy(other, bodies, 'handle')).toBe(0);
    expect(await handledBy(one, bodies, 'handle')).toBe(0);
  },
  60_000,
);
