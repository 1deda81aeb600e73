import { randomUUID } from 'node:crypto';
import { CreateQueueCommand } from '@aws-sdk/client-sqs';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { fetchFromS3 } from '../../lambda/event/s3-data.ts';
import { parseKeyring } from '../../lambda/keys/keyring.ts';
import type { Answer } from '../../lambda/receiver/receiver.ts';
import { type LocalQueue, startQueue } from '../../sandbox/aws/queue.ts';
import { type LocalSecrets, startSecrets } from '../../sandbox/aws/secrets.ts';
import { type ConsumedEvent, consume } from '../../sandbox/consumer.ts';
import { toWire } from '../../signing/sender.ts';
import { httpApiEvent, keyringOf, makeKey, receiverEnvironment, type TestKey } from '../support.ts';
import { bundleForTest, startEntry } from './entry.ts';
import { type Dialect, startFaultProxy } from './fault-proxy.ts';
import { inThisRun, promises } from './page.ts';
import { runTable } from './table.ts';

/** Lambda ends the function after this; MessageMedia waits for 20 s. In milliseconds. */
const functionTimeout = 18_000;

const [key, newKey, stranger] = [makeKey(), makeKey(), makeKey()];
const columns = [
  'keyring, function starts',
  'keyring, keys in hand',
  'keyring, new key',
  'queue',
  'bucket, large event',
  'bucket, refused request',
] as const;

/** The table of the page. Each promise is tested at every moment that it holds for. */
const all = promises('Webhooks', columns).flatMap(({ fault, column, lasting, once }) => {
  const [dependency = ''] = column.split(',');
  const moments = column === 'queue' || column === 'bucket, large event' ? ['cold', 'warm'] : ['warm'];
  const at = column === 'keyring, function starts' ? ['cold'] : moments;
  const extents = column.endsWith('in hand') || column.endsWith('refused request') ? [lasting] : [lasting, once];
  return at.flatMap((moment) =>
    extents.map((promised, index) => {
      const extent = index === 0 ? ('lasting' as const) : ('once' as const);
      const name = `${column}, ${moment}, ${fault}, ${extent}`;
      return { fault, column, dependency, isCold: moment === 'cold', extent, status: Number(promised), name };
    }),
  );
});
const cells = inThisRun(all, ['hangs', 'cut half-way', '5xx', 'bit by bit', 'wrong JSON', 'slow']);
type Cell = (typeof cells)[number];

interface Result {
  during: Answer;
  forged: Answer;
  slowest: number;
  after: Answer;
  /** Ids that were answered with 202, and what is on the queue. */
  accepted: string[];
  queued: ConsumedEvent[];
}

let queue: LocalQueue;
let secrets: LocalSecrets;
let results: Map<string, Result>;

beforeAll(async () => {
  [queue, secrets] = await Promise.all([startQueue(), startSecrets()]);
  const bundled = bundleForTest('handler');
  results = await runTable(cells, 40, (cell) => run(cell, bundled.file), check);
  bundled.remove();
}, 180_000);
afterAll(() => Promise.all([queue.close(), secrets.close()]));

/** Starts a function with one dependency behind a proxy, causes the fault, and sends webhooks before, during and after it. */
async function run({ name, column, dependency, fault, extent, isCold }: Cell, bundle: string): Promise<Result> {
  const { QueueUrl = '' } = await queue.client.send(
    new CreateQueueCommand({
      QueueName: `${randomUUID()}.fifo`,
      Attributes: { FifoQueue: 'true' },
    }),
  );
  const [variable = '', target = '', dialect] = dependencies()[dependency] ?? [];
  const proxy = await startFaultProxy(target, dialect ?? 'json', { slow: 1_200, dribble: 10_000 });
  secrets.put(name, keyring(key));
  const env = {
    ...receiverEnvironment(queue, secrets),
    AWS_ENDPOINT_URL_S3: queue.url,
    QUEUE_URL: QueueUrl,
    KEYRING_SECRET_ID: name,
    OVERFLOW_BUCKET: queue.overflowBucket,
    [variable]: proxy.url,
  };
  const spoil = () => proxy.begin(fault, extent === 'once' ? { count: 1 } : {});
  if (isCold) await spoil();
  const entry = await startEntry<Answer>(bundle, env);
  const accepted: string[] = [];
  let slowest = 0;
  const send = async (id: string, signer: TestKey, claimed = signer): Promise<Answer> => {
    const event = httpApiEvent(toWire(webhook(id, column), { ...signer, id: claimed.id }));
    const begun = performance.now();
    const answer = await entry.invoke(event);
    slowest = Math.max(slowest, performance.now() - begun);
    if (answer.statusCode === 202) accepted.push(id);
    return answer;
  };
  try {
    if (!isCold) await send(`${name}, before`, key);
    if (column === 'keyring, keys in hand') entry.advance(5 * 60_000);
    if (column === 'keyring, new key') secrets.put(name, keyring(key, newKey));
    if (!isCold) await spoil();
    const signer = column === 'keyring, new key' ? newKey : column.endsWith('refused request') ? stranger : key;
    const during = await send(`${name}, during`, signer);
    const forged = await send(`${name}, forged`, stranger, key);
    await proxy.end();
    // After this time the function retries to read a secret that it could not read.
    entry.advance(3_000);
    const after = await send(`${name}, during`, signer);
    return { during, forged, slowest, after, accepted, queued: await drain(QueueUrl) };
  } finally {
    await Promise.all([entry.close(), proxy.close()]);
  }
}

const dependencies = (): Record<string, [variable: string, target: string, dialect: Dialect]> => ({
  keyring: ['AWS_ENDPOINT_URL_SECRETS_MANAGER', secrets.url, 'json'],
  queue: ['AWS_ENDPOINT_URL_SQS', queue.url, 'json'],
  bucket: ['AWS_ENDPOINT_URL_S3', queue.url, 'xml'],
});

/** A keyring that also turns on capturing of refused requests. */
function keyring(...keys: TestKey[]): string {
  const capture = { id: 'c', count: 10, until: '2999-01-01T00:00:00Z' };
  return JSON.stringify({ ...JSON.parse(keyringOf(...keys)), capture });
}

function webhook(id: string, column: string) {
  const text = column === 'bucket, large event' ? 'x'.repeat(1_048_576) : 'Hello';
  const body = JSON.stringify({ delivery_report_id: id, text });
  return { method: 'POST', target: '/messagemedia', contentType: 'application/json', body };
}

async function drain(queueUrl: string): Promise<ConsumedEvent[]> {
  const keys = parseKeyring(keyringOf(key, newKey)).keys;
  const fetchData = fetchFromS3(queue.storage, queue.overflowBucket);
  const all: ConsumedEvent[] = [];
  for (;;) {
    const some = await consume(queue.client, queueUrl, keys, fetchData);
    if (some.length === 0) return all;
    all.push(...some);
  }
}

test.each(cells)('$name: $status', (cell) => check(cell, results.get(cell.name) as Result));

function check({ column, status }: Cell, result: Result): void {
  expect(result.during.statusCode).toBe(status);
  if (status === 503) expect(result.during.headers['retry-after']).toBe('5');
  expect(result.slowest).toBeLessThan(functionTimeout);
  expect([401, 503]).toContain(result.forged.statusCode);
  expect(result.after.statusCode).toBe(column.endsWith('refused request') ? 401 : 202);
  expect(result.queued.map(({ event }) => event.id).sort()).toEqual([...new Set(result.accepted)].sort());
  expect(result.queued.filter(({ reverified }) => !reverified)).toEqual([]);
}
