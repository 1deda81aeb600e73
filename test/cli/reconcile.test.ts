import { CreateQueueCommand, GetQueueAttributesCommand, PurgeQueueCommand } from '@aws-sdk/client-sqs';
import { afterAll, beforeAll, beforeEach, expect, test } from '@jest/globals';
import { createProvider, type Provider } from '../../lambda/messagemedia/client.ts';
import { type LocalQueue, startQueue } from '../../sandbox/aws/queue.ts';
import { type LocalServer, listen } from '../../sandbox/http.ts';
import { type ProviderSimulator, startProvider } from '../../sandbox/messagemedia/server.ts';
import { type LocalLogs, startLogs } from '../log-queries.ts';
import { startCloudFormation } from './cloud-formation.ts';
import { localEnvironment, run } from './terminal.ts';

let provider: ProviderSimulator;
let api: Provider;
let queue: LocalQueue;
let logs: LocalLogs;
let stack: LocalServer;
let archiveQueueUrl: string;
let env: Record<string, string>;

beforeAll(async () => {
  [provider, queue, logs] = await Promise.all([startProvider({ modulusLength: 1024 }), startQueue(), startLogs()]);
  api = createProvider({ baseUrl: provider.url, apiKey: provider.apiKey, apiSecret: provider.apiSecret });
  const { QueueUrl = '' } = await queue.client.send(new CreateQueueCommand({ QueueName: 'archive' }));
  archiveQueueUrl = QueueUrl;
  const outputs = {
    QueueUrl: queue.queueUrl,
    OverflowBucketName: queue.overflowBucket,
    FunctionLogGroup: 'receiver',
    ArchiveQueueUrl: archiveQueueUrl,
  };
  stack = await startCloudFormation(() => outputs);
  env = localEnvironment({
    MESSAGEMEDIA_API_KEY: provider.apiKey,
    MESSAGEMEDIA_API_SECRET: provider.apiSecret,
    MESSAGEMEDIA_BASE_URL: provider.url,
    AWS_ENDPOINT_URL_SQS: queue.url,
    AWS_ENDPOINT_URL_S3: queue.url,
    AWS_ENDPOINT_URL_CLOUDWATCH_LOGS: logs.url,
    AWS_ENDPOINT_URL_CLOUDFORMATION: stack.url,
  });
});
afterAll(() => Promise.all([provider, queue, logs, stack].map((server) => server.close())));
beforeEach(async () => {
  const ids = (await api.checkDeliveryReports()).map(({ delivery_report_id }) => String(delivery_report_id));
  if (ids.length > 0) await api.confirmDeliveryReports(ids);
  await queue.client.send(new PurgeQueueCommand({ QueueUrl: queue.queueUrl }));
  await api.sendMessages([{ content: 'Hi', destination_number: '+61491570156', format: 'SMS', delivery_report: true }]);
  await provider.settled();
  logs.lines.length = logs.queries.length = 0;
});

const mmw = (...args: string[]) => run(args, env);

async function waiting(QueueUrl = queue.queueUrl): Promise<number> {
  const { Attributes } = await queue.client.send(
    new GetQueueAttributesCommand({ QueueUrl, AttributeNames: ['ApproximateNumberOfMessages'] }),
  );
  return Number(Attributes?.ApproximateNumberOfMessages);
}

test('queues what the log of a stack does not know', async () => {
  const [known] = await api.checkDeliveryReports();
  logs.lines.push(JSON.stringify({ message: 'accepted', id: known?.delivery_report_id }));
  const { code, stdout, stderr } = await mmw('reconcile', '--stack', 'Webhooks', '--grace', '0m', '--json');
  expect({ code, stderr }).toEqual({
    code: 0,
    stderr: expect.stringMatching(/^(queued com\S+delivery_report \S+\n){2}$/),
  });
  expect(JSON.parse(stdout)).toMatchObject({
    deliveryReports: { listed: 3, recovered: 2, known: 1, confirmed: 0 },
    replies: { listed: 0 },
    notes: [],
    errors: [],
  });
  expect(logs.queries).toMatchObject([{ logGroupNames: ['receiver'] }]);
  expect(await waiting()).toBe(2);
  // The stack has an archive.
  expect(await waiting(archiveQueueUrl)).toBe(2);
});

test('without a stack it says that it does not know what came, and confirms when told to', async () => {
  const args = ['reconcile', '--queue-url', queue.queueUrl, '--grace', '0m', '--confirm'];
  const asked = await mmw(...args);
  expect(asked).toMatchObject({ code: 1, stderr: expect.stringContaining('add --yes to confirm.') });
  expect(await waiting()).toBe(0);

  const { code, stdout, stderr } = await mmw(...args, '--yes');
  expect(code).toBe(0);
  expect(stderr).toContain('It is not known which events arrived already');
  expect(stdout).toMatch(/delivery reports\s*│\s*3\s*│\s*3\s*│/);
  expect(await api.checkDeliveryReports()).toEqual([]);
  expect(await waiting()).toBe(3);
});

test('what is young is left, and a dry run queues nothing', async () => {
  const young = await mmw('reconcile', '--queue-url', queue.queueUrl, '--json');
  expect(JSON.parse(young.stdout).deliveryReports).toMatchObject({ listed: 3, younger: 3 });
  const dry = await mmw('reconcile', '--queue-url', queue.queueUrl, '--grace', '0m', '--dry-run', '--json');
  expect(JSON.parse(dry.stdout).deliveryReports).toMatchObject({ recovered: 3, confirmed: 0 });
  expect(await waiting()).toBe(0);
});

test('a list that is full is said to hide events, with the command that empties it', async () => {
  const send = () =>
    api.sendMessages([{ content: 'Hi', destination_number: '+61491570156', format: 'SMS', delivery_report: true }]);
  await Promise.all(Array.from({ length: 40 }, send));
  await provider.settled();
  const { stdout, stderr } = await mmw('reconcile', '--stack', 'Webhooks', '--grace', '0m', '--json');
  expect(stderr.replace(/\s+/g, ' ')).toContain(
    'hide newer ones until they are confirmed. "npx mmw reconcile --stack Webhooks --confirm" does that',
  );
  expect(JSON.parse(stdout).deliveryReports).toMatchObject({ listed: 100, full: true });
  const all = await mmw('reconcile', '--stack', 'Webhooks', '--grace', '0m', '--json', '--confirm', '--yes');
  expect(JSON.parse(all.stdout).deliveryReports).toMatchObject({ confirmed: 123, full: false });
});

test('what is older than the log of the stack is queued, and it is said', async () => {
  logs.retentionInDays = 1;
  const twoDaysAgo = new Date(Date.now() - 2 * 24 * 3_600_000).toISOString();
  const old = await listen(0, (_request, response) => {
    response.end(JSON.stringify({ replies: [{ reply_id: 'x', date_received: twoDaysAgo }], delivery_reports: [] }));
  });
  const { stdout } = await mmw('reconcile', '--stack', 'Webhooks', '--base-url', old.url, '--json');
  expect(JSON.parse(stdout)).toMatchObject({
    replies: { recovered: 1, unlogged: 1 },
    notes: [
      '1 replies are older than the log. They are queued, though they may have arrived before: consumers drop repetitions.',
    ],
  });
  logs.retentionInDays = undefined;
  const { stdout: kept } = await mmw('reconcile', '--stack', 'Webhooks', '--base-url', old.url, '--json');
  expect(JSON.parse(kept)).toMatchObject({ replies: { recovered: 1, unlogged: 0 }, notes: [] });
  await old.close();
});

test('what fails is told, with a code', async () => {
  const url = `${queue.queueUrl}-other.fifo`;
  const { code, stdout, stderr } = await mmw('reconcile', '--queue-url', url, '--grace', '0m', '--json');
  expect(code).toBe(1);
  expect(stderr).toContain('queue does not exist');
  expect(stderr).toMatch(/\(SendMessage of \S+ in us-east-1 at http:/);
  expect(JSON.parse(stdout).deliveryReports).toMatchObject({ failed: 3 });
});

test.each([
  [['--since', '46d'], 'It must be a duration such as 30m, 2h or 3d, up to 45d.'],
  [['--since', '2'], 'It must be a duration such as 30m, 2h or 3d, up to 45d.'],
  [['--since', '15m'], '--since must be longer than --grace'],
  [[], 'No queue is given: add --stack or --queue-url, or set QUEUE_URL.'],
])('%j is refused', async (args, message) => {
  expect(await mmw('reconcile', ...args)).toMatchObject({ code: 1, stderr: expect.stringContaining(message) });
});
