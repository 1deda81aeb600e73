import { randomUUID } from 'node:crypto';
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from '@jest/globals';
import { type LocalQueue, startQueue } from '../../sandbox/aws/queue.ts';
import { type LocalSecrets, startSecrets } from '../../sandbox/aws/secrets.ts';
import { startReceiver } from '../received.ts';
import { keyringOf, makeKey } from '../support.ts';
import { environmentOf, spend } from './bad-day.ts';
import { type BadDay, badDays } from './bad-days.ts';
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

test('both write the same log lines, with the same fields', async () => {
  const faults = ['throws', 'exits', 'is slow', 'secrets are down', 'time is short', 'table refuses', 'dies'];
  const days = badDays.filter(({ fault, of }) => faults.includes(fault) && of === 'one of ten');
  const linesOf = async (day: BadDay, language: Language) => {
    const { log } = await spend(day, consumers[language], table);
    const lines = log.flatMap((line) => (line.startsWith('{"level"') ? [JSON.parse(line)] : []));
    return lines.map(
      (line) =>
        `${line.level} ${line.message}: ${fieldsOf(line, common)} ${fieldsOf(line.error ?? {}, ['name', 'message', 'stack'])}`,
    );
  };
  for (const language of ['typescript', 'python'] as const) {
    const lines = new Set((await Promise.all(days.map((day) => linesOf(day, language)))).flat());
    expect([...lines].filter((line) => !certain.includes(line) && !possible.includes(line))).toEqual([]);
    expect([...lines]).toEqual(expect.arrayContaining(certain));
  }
}, 120_000);

const error = 'message,name,stack';
/** What these days have in the log for certain, and what depends on the order in which events are begun. */
const certain = [
  `INFO handled: eventId,level,message,messageId,service,timestamp `,
  `ERROR not handled: error,eventId,level,message,messageId,service,timestamp ${error}`,
  `WARN not begun: too little time is left: level,message,messageId,service,timestamp `,
  `WARN cannot read the keyring: using the keys that are loaded: error,level,message,service,timestamp ${error}`,
];
const possible = [
  `INFO skipped: it was handled before: eventId,level,message,messageId,service,timestamp `,
  `WARN SQS does not know yet what was handled: error,level,message,service,timestamp ${error}`,
];

/** What a reader may count on. Powertools for TypeScript and its SDK add names of their own. */
const common = ['level', 'message', 'timestamp', 'service', 'eventId', 'messageId', 'error'];

function fieldsOf(entry: object, names: readonly string[]): string[] {
  return Object.keys(entry)
    .filter((name) => names.includes(name))
    .sort();
}
