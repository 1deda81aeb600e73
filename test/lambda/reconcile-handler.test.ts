import { DeleteMessageCommand, ReceiveMessageCommand } from '@aws-sdk/client-sqs';
import { afterAll, afterEach, beforeAll, beforeEach, expect, jest, test } from '@jest/globals';
import { createProvider, type Provider } from '../../lambda/provider/provider.ts';
import { handler } from '../../lambda/reconcile-handler.ts';
import { localCredentials } from '../../sandbox/aws/credentials.ts';
import { type LocalQueue, startQueue } from '../../sandbox/aws/queue.ts';
import { type LocalSecrets, startSecrets } from '../../sandbox/aws/secrets.ts';
import { type ProviderSimulator, startProvider } from '../../sandbox/provider/provider.ts';
import { startFirehose, streamNames } from '../firehose.ts';
import { type LocalLogs, startLogs } from '../log-queries.ts';

let provider: ProviderSimulator;
let api: Provider;
let secrets: LocalSecrets;
let queue: LocalQueue;
let logs: LocalLogs;
let output: string;
const environment = { ...process.env };

beforeAll(async () => {
  [secrets, logs] = await Promise.all([startSecrets(), startLogs()]);
});
afterAll(() => Promise.all([secrets.close(), logs.close()]));
beforeEach(async () => {
  [provider, queue] = await Promise.all([startProvider({ modulusLength: 1024 }), startQueue()]);
  api = createProvider({ baseUrl: provider.url, apiKey: provider.apiKey, apiSecret: provider.apiSecret });
  secrets.put('credentials', JSON.stringify({ api_key: provider.apiKey, api_secret: provider.apiSecret }));
  logs.lines.length = logs.queries.length = 0;
  output = '';
  const write = (chunk: unknown) => {
    output += String(chunk);
    return true;
  };
  for (const stream of [process.stdout, process.stderr]) jest.spyOn(stream, 'write').mockImplementation(write);
  for (const method of ['log', 'info', 'warn', 'error'] as const) {
    jest.spyOn(console, method).mockImplementation((text) => void write(`${text}\n`));
  }
  Object.assign(process.env, {
    QUEUE_URL: queue.queueUrl,
    OVERFLOW_BUCKET: queue.overflowBucket,
    API_CREDENTIALS_SECRET_ID: 'credentials',
    MESSAGEMEDIA_BASE_URL: provider.url,
    RECONCILE_LOG_GROUPS: 'receiver,reconciliation',
    AWS_REGION: 'us-east-1',
    AWS_ACCESS_KEY_ID: localCredentials.accessKeyId,
    AWS_SECRET_ACCESS_KEY: localCredentials.secretAccessKey,
    AWS_ENDPOINT_URL_SQS: queue.url,
    AWS_ENDPOINT_URL_S3: queue.url,
    AWS_ENDPOINT_URL_SECRETS_MANAGER: secrets.url,
    AWS_ENDPOINT_URL_CLOUDWATCH_LOGS: logs.url,
  });
});
afterEach(async () => {
  jest.restoreAllMocks();
  process.env = { ...environment };
  await Promise.all([provider.close(), queue.close()]);
});

/** Runs an hour later, when the webhooks of now are not retried any more. */
async function runLater(): Promise<void> {
  const anHourLater = Date.now() + 3_600_000;
  jest.spyOn(Date, 'now').mockImplementation(() => anHourLater);
  await handler();
}

/** The function's log, as CloudWatch has it. */
const lines = () =>
  output
    .split('\n')
    .filter((line) => line.startsWith('{'))
    .map((line) => JSON.parse(line));
const metric = () => lines().find((line) => '_aws' in line);

/** Receives and deletes all messages. The queue gives one event of a message at a time. */
async function queued(): Promise<Record<string, unknown>[]> {
  const events: Record<string, unknown>[] = [];
  for (;;) {
    const { Messages = [] } = await queue.client.send(new ReceiveMessageCommand({ QueueUrl: queue.queueUrl }));
    const [message] = Messages;
    if (message === undefined) return events;
    events.push(JSON.parse(message.Body ?? ''));
    const { ReceiptHandle } = message;
    await queue.client.send(new DeleteMessageCommand({ QueueUrl: queue.queueUrl, ReceiptHandle }));
  }
}

/** A message with three reports and a reply whose webhooks did not arrive. */
async function lose(): Promise<void> {
  const [sent] = await api.sendMessages([
    { content: 'Hi', destination_number: '+61491570156', format: 'SMS', delivery_report: true },
  ]);
  await provider.settled();
  provider.reply(String(sent?.message_id), { content: 'Yes 😀' });
}

test('queues what no webhook brought, logs and counts it, and leaves the lists alone', async () => {
  await lose();
  const [first, ...others] = await api.checkDeliveryReports();
  logs.lines.push(JSON.stringify({ message: 'accepted', id: first?.delivery_report_id }));
  await runLater();
  const replies = await api.checkReplies();
  const expected = [...replies, ...others];
  expect((await queued()).map(({ mmorigin, data }) => [mmorigin, data])).toEqual(
    expected.map((item) => ['poll', item]),
  );
  const recovered = lines().filter(({ message }) => message === 'recovered');
  expect(recovered.map(({ id }) => id)).toEqual(
    expected.map(({ delivery_report_id, reply_id }) => delivery_report_id ?? reply_id),
  );
  expect(metric()).toMatchObject({
    _aws: { CloudWatchMetrics: [{ Namespace: 'MessageMediaWebhooks', Dimensions: [['service']] }] },
    Recovered: 3,
    service: 'webhook-receiver',
  });
  expect(logs.queries[0]?.logGroupNames).toEqual(['receiver', 'reconciliation']);
  expect((await api.checkDeliveryReports()).length).toBe(3);
  for (const text of ['+614', 'Yes', provider.apiSecret]) expect(output).not.toContain(text);

  // The next run finds these log lines.
  logs.lines.push(...output.split('\n'));
  output = '';
  await handler();
  expect(metric()).toMatchObject({ Recovered: 0 });
});

test('archives what it queues, as it was queued', async () => {
  const firehose = await startFirehose();
  Object.assign(process.env, {
    ARCHIVE_STREAMS: streamNames,
    ARCHIVE_QUEUE_URL: queue.deadLetterQueueUrl,
    AWS_ENDPOINT_URL_FIREHOSE: firehose.url,
  });
  await lose();
  await runLater();
  const lines = [...firehose.records.values()].flat().map((line) => JSON.parse(String(line)));
  const events = await queued();
  expect(lines).toHaveLength(4);
  expect(lines).toEqual(expect.arrayContaining(events));
  expect([...firehose.records.keys()].sort()).toEqual(['stream-of-delivery_report', 'stream-of-reply']);
  await firehose.close();
});

test('confirms what the queue has if it is told to', async () => {
  await lose();
  process.env.RECONCILE_CONFIRM = 'true';
  await runLater();
  expect((await queued()).length).toBe(4);
  expect([await api.checkDeliveryReports(), await api.checkReplies()]).toEqual([[], []]);
});

test('fails when the queue takes nothing, and says why', async () => {
  await lose();
  process.env.QUEUE_URL = `${queue.queueUrl}-other.fifo`;
  await expect(runLater()).rejects.toThrow(/^Reconciliation had 4 failures, the first: /);
  expect(metric()).toMatchObject({ Recovered: 0 });
});

test.each(['{"api_key":"","api_secret":""}', 'null', '[]', ''])(
  'says that secret %s has no credentials',
  async (secret) => {
    secrets.put('credentials', secret);
    await expect(handler()).rejects.toThrow('Secret credentials must hold {"api_key":"…","api_secret":"…"}');
  },
);

test.each(['QUEUE_URL', 'API_CREDENTIALS_SECRET_ID', 'MESSAGEMEDIA_BASE_URL', 'RECONCILE_LOG_GROUPS'])(
  'names %s when it is not set',
  async (name) => {
    delete process.env[name];
    await expect(handler()).rejects.toThrow(`Environment variable ${name} is not set`);
  },
);
