import { setTimeout as sleep } from 'node:timers/promises';
import { beforeAll, expect, test } from '@jest/globals';
import { fetchFromS3 } from '../../lambda/event/s3-data.ts';
import { createProvider } from '../../lambda/messagemedia/client.ts';
import { localCredentials } from '../../sandbox/aws/credentials.ts';
import { startQueue } from '../../sandbox/aws/queue.ts';
import { startSecrets } from '../../sandbox/aws/secrets.ts';
import { consume } from '../../sandbox/consumer.ts';
import { startProvider } from '../../sandbox/messagemedia/server.ts';
import { startLogs } from '../log-queries.ts';
import { bundleForTest, startEntry } from './entry.ts';
import { type Dialect, startFaultProxy } from './fault-proxy.ts';
import { inThisRun, promises } from './page.ts';
import { runTable } from './table.ts';

/** The table of the page. A fault begins at the first call of a run or at its second, or hits only one call. */
const all = promises('Reconciliation', ['credentials', 'MessageMedia', 'log', 'queue', 'bucket']).flatMap(
  ({ fault, column, lasting, once }) =>
    [
      { extent: 'from the start', first: 1, promised: lasting },
      // A run calls the bucket once. The second call for credentials is that for the keyring.
      ...(column === 'bucket' ? [] : [{ extent: 'midway', first: 2, promised: lasting }]),
      ...(lasting === 'done' ? [] : [{ extent: 'once', first: 1, count: 1, promised: once }]),
    ].map((cell) => ({ ...cell, fault, column, name: `${column}, ${fault}, ${cell.extent}` })),
);
const cells = inThisRun(all, ['hangs', '5xx', 'wrong JSON']);
type Cell = (typeof cells)[number];

interface Result {
  outcome: string;
  /** How the next run ended. */
  next: string;
  lost: string[];
  queued: string[];
  /** How many are left on MessageMedia's lists at the end. */
  left: number;
}
let results: Map<string, Result>;

/** How many times as fast time runs for the function. */
const speed = 4;
/** A run may take 5 minutes. */
const patience = 75_000;
const pace = { slow: 200, dribble: 400 };

beforeAll(async () => {
  const bundled = bundleForTest('reconcile-handler');
  results = await runTable(cells, 16, (cell) => run(cell, bundled.file), check);
  bundled.remove();
}, 400_000);

async function run({ column, fault, first, count }: Cell, bundle: string): Promise<Result> {
  const [provider, secrets, queue, logs] = await Promise.all([
    startProvider({ modulusLength: 1024 }),
    startSecrets(),
    startQueue(),
    startLogs(),
  ]);
  const services: Record<string, [variable: string, target: string, dialect: Dialect]> = {
    credentials: ['AWS_ENDPOINT_URL_SECRETS_MANAGER', secrets.url, 'json'],
    MessageMedia: ['MESSAGEMEDIA_BASE_URL', provider.url, 'messagemedia'],
    log: ['AWS_ENDPOINT_URL_CLOUDWATCH_LOGS', logs.url, 'json'],
    queue: ['AWS_ENDPOINT_URL_SQS', queue.url, 'json'],
    bucket: ['AWS_ENDPOINT_URL_S3', queue.url, 'xml'],
  };
  const [variable = '', target = '', dialect] = services[column] ?? [];
  const proxy = await startFaultProxy(target, dialect ?? 'json', pace);
  const { apiKey, apiSecret } = provider;
  const api = createProvider({ baseUrl: provider.url, apiKey, apiSecret });
  secrets.put('keyring', '{"keys":[]}');
  secrets.put('credentials', JSON.stringify({ api_key: apiKey, api_secret: apiSecret }));
  // Events without a webhook: three reports and two replies. If the bucket is tested, one is too large for the queue.
  const message = { content: 'Hi', destination_number: '+61491570156', format: 'SMS' as const, delivery_report: true };
  const [sent] = await api.sendMessages([message]);
  await provider.settled();
  for (const content of ['Yes', 'x'.repeat(column === 'bucket' ? 1_048_576 : 1)])
    provider.reply(String(sent?.message_id), { content });
  const lists = async () => [...(await api.checkDeliveryReports()), ...(await api.checkReplies())];
  const lost = (await lists()).map(({ delivery_report_id, reply_id }) => String(delivery_report_id ?? reply_id));
  const env = {
    QUEUE_URL: queue.queueUrl,
    KEYRING_SECRET_ID: 'keyring',
    OVERFLOW_BUCKET: queue.overflowBucket,
    API_CREDENTIALS_SECRET_ID: 'credentials',
    RECONCILE_LOG_GROUPS: 'receiver,reconciliation',
    RECONCILE_LOG_DAYS: '30',
    RECONCILE_STACK: 'Webhooks',
    RECONCILE_CONFIRM: 'true',
    AWS_REGION: 'us-east-1',
    AWS_ACCESS_KEY_ID: localCredentials.accessKeyId,
    AWS_SECRET_ACCESS_KEY: localCredentials.secretAccessKey,
    ...Object.fromEntries(Object.values(services).map(([name, url]) => [name, url])),
    [variable]: proxy.url,
  };
  // An hour later MessageMedia no longer retries the webhooks of these events.
  const entry = await startEntry<null>(bundle, env, { speed, advance: 3_600_000 });
  const reconcile = () =>
    Promise.race([
      entry.invoke({}).then(
        () => 'done',
        (error) => `fails: ${error.message}`,
      ),
      sleep(patience, 'hangs', { ref: false }),
    ]);
  try {
    await proxy.begin(fault, { first, ...(count !== undefined && { count }) });
    const outcome = await reconcile();
    await proxy.end();
    logs.lines.push(...entry.output().split('\n'));
    const next = await reconcile();
    const fetchData = fetchFromS3(queue.storage, queue.overflowBucket);
    const queued: string[] = [];
    for (;;) {
      const some = await consume(queue.client, queue.queueUrl, [], fetchData);
      queued.push(...some.map(({ event }) => event.id));
      if (some.length === 0) break;
    }
    return { outcome, next, lost, queued, left: (await lists()).length };
  } finally {
    await Promise.all([entry, proxy, provider, secrets, queue, logs].map((one) => one.close()));
  }
}

test.each(cells)('$name: $promised', (cell) => check(cell, results.get(cell.name) as Result));

function check({ promised }: Cell, { outcome, next, queued, lost, left }: Result): void {
  expect(outcome.split(':')[0]).toBe(promised);
  expect(next).toBe('done');
  expect(queued.toSorted()).toEqual(lost.toSorted());
  expect(left).toBe(0);
}
