import { CloudWatchLogsClient } from '@aws-sdk/client-cloudwatch-logs';
import { GetObjectCommand, S3Client } from '@aws-sdk/client-s3';
import { SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { DeleteMessageCommand, PurgeQueueCommand, ReceiveMessageCommand, SQSClient } from '@aws-sdk/client-sqs';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, jest, test } from '@jest/globals';
import { createProvider, type Provider } from '../../lambda/messagemedia/client.ts';
import { handler } from '../../lambda/reconcile-handler.ts';
import { localCredentials } from '../../sandbox/aws/credentials.ts';
import { type LocalQueue, startQueue } from '../../sandbox/aws/queue.ts';
import { type LocalSecrets, startSecrets } from '../../sandbox/aws/secrets.ts';
import { listen } from '../../sandbox/http.ts';
import { type ProviderSimulator, startProvider } from '../../sandbox/messagemedia/server.ts';
import { watchClients } from '../client-limits.ts';
import { startFirehose, streamNames } from '../firehose.ts';
import { type LocalLogs, startLogs } from '../log-queries.ts';
import { type RecordedLog, recordLog } from '../recorded-log.ts';
import { makeKey } from '../support.ts';

let provider: ProviderSimulator;
let api: Provider;
let secrets: LocalSecrets;
let queue: LocalQueue;
let logs: LocalLogs;
let output: RecordedLog;
const environment = { ...process.env };

beforeAll(async () => {
  [secrets, logs, queue] = await Promise.all([startSecrets(), startLogs(), startQueue()]);
});
afterAll(() => Promise.all([secrets.close(), logs.close(), queue.close()]));
beforeEach(async () => {
  provider = await startProvider({ modulusLength: 1024 });
  api = createProvider({ baseUrl: provider.url, apiKey: provider.apiKey, apiSecret: provider.apiSecret });
  secrets.put('credentials', JSON.stringify({ api_key: provider.apiKey, api_secret: provider.apiSecret }));
  secrets.put('keyring', '{"keys":[]}');
  logs.lines.length = logs.queries.length = logs.statuses.length = 0;
  output = recordLog();
  Object.assign(process.env, {
    QUEUE_URL: queue.queueUrl,
    KEYRING_SECRET_ID: 'keyring',
    OVERFLOW_BUCKET: queue.overflowBucket,
    API_CREDENTIALS_SECRET_ID: 'credentials',
    MESSAGEMEDIA_BASE_URL: provider.url,
    RECONCILE_LOG_GROUPS: 'receiver,reconciliation',
    RECONCILE_LOG_DAYS: '30',
    RECONCILE_STACK: 'Webhooks',
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
  await queue.client.send(new PurgeQueueCommand({ QueueUrl: queue.queueUrl }));
  await provider.close();
});

/** Runs an hour later, when the webhooks of now are not retried any more. */
async function runLater(): Promise<void> {
  const anHourLater = Date.now() + 3_600_000;
  jest.spyOn(Date, 'now').mockImplementation(() => anHourLater);
  await handler();
}

/** The function's log, as CloudWatch has it. */
const lines = () => output.entries();
const metric = () => lines().find((line) => '_aws' in line);

/** Receives and deletes all messages. The queue gives one event of a message at a time. */
async function queued(QueueUrl = queue.queueUrl): Promise<Record<string, unknown>[]> {
  const events: Record<string, unknown>[] = [];
  for (;;) {
    const { Messages = [] } = await queue.client.send(new ReceiveMessageCommand({ QueueUrl }));
    const [message] = Messages;
    if (message === undefined) return events;
    events.push(JSON.parse(message.Body ?? ''));
    const { ReceiptHandle } = message;
    await queue.client.send(new DeleteMessageCommand({ QueueUrl, ReceiptHandle }));
  }
}

/** A message with three reports and a reply whose webhooks did not arrive. */
async function lose(content = 'Yes 😀'): Promise<void> {
  const [sent] = await api.sendMessages([
    { content: 'Hi', destination_number: '+61491570156', format: 'SMS', delivery_report: true },
  ]);
  await provider.settled();
  provider.reply(String(sent?.message_id), { content });
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
    FullLists: 0,
    service: 'webhook-receiver',
    message: 'recovered in all',
  });
  expect(lines().at(-1)).toMatchObject({
    level: 'INFO',
    service: 'reconciliation',
    message: 'reconciled',
    deliveryReports: { listed: 3, known: 1, recovered: 2, failed: 0 },
    replies: { listed: 1, known: 0, recovered: 1, failed: 0 },
  });
  expect(logs.queries[0]?.logGroupNames).toEqual(['receiver', 'reconciliation']);
  expect((await api.checkDeliveryReports()).length).toBe(3);
  for (const text of ['+614', 'Yes', provider.apiSecret]) expect(output.text).not.toContain(text);

  // The next run finds these log lines.
  logs.lines.push(...output.text.split('\n'));
  output.text = '';
  await handler();
  expect(metric()).toMatchObject({ Recovered: 0, FullLists: 0 });
});

test('archives what it queues, as it was queued, as events of the account whose lists these are', async () => {
  const [mine, theirs] = [await api.createSignatureKey('SHA256'), makeKey().answer];
  const keys = [
    { ...mine, account: 'A' },
    { ...theirs, account: 'B' },
  ];
  secrets.put('keyring', JSON.stringify({ keys }));
  const firehose = await startFirehose();
  Object.assign(process.env, {
    ARCHIVE_STREAMS: streamNames,
    ARCHIVE_QUEUE_URL: queue.deadLetterQueueUrl,
    AWS_ENDPOINT_URL_FIREHOSE: firehose.url,
  });
  await lose();
  await runLater();
  const archived = [...firehose.records.values()].flat().map((line) => JSON.parse(String(line)));
  const events = await queued();
  expect(archived).toHaveLength(4);
  expect(archived).toEqual(expect.arrayContaining(events));
  expect(new Set(events.map(({ source }) => source))).toEqual(new Set(['urn:messagemedia:account:A']));
  expect([...firehose.records.keys()].sort()).toEqual(['stream-of-delivery_report', 'stream-of-reply']);
  await firehose.close();
});

test('queues a reply that is too large for SQS with its data in the bucket, and no call takes a minute', async () => {
  const limits = watchClients(SecretsManagerClient, SQSClient, S3Client, CloudWatchLogsClient);
  const large = 'x'.repeat(1_100_000);
  // The name of this host has no bucket in front of it.
  process.env.AWS_ENDPOINT_URL_S3 = queue.url.replace('127.0.0.1', 'localhost');
  await lose(large);
  await runLater();
  for (const limit of Object.values(await limits())) expect(limit).toBeLessThan(60_000);
  const { dataref = '' } = (await queued()).find((event) => 'dataref' in event) ?? {};
  const [, Bucket, Key] = /^s3:\/\/([^/]+)\/(.+)$/.exec(String(dataref)) ?? [];
  const { Body } = await queue.storage.send(new GetObjectCommand({ Bucket, Key }));
  expect(JSON.parse((await Body?.transformToString()) ?? '')).toMatchObject({ content: large });
});

describe('lists of several pages', () => {
  const anHour = 3_600_000;
  const reports = (count: number) =>
    Array.from({ length: count }, (_, index) => ({
      delivery_report_id: `00000000-0000-4000-8000-${String(index).padStart(12, '0')}`,
      date_received: new Date(Date.now() - anHour).toISOString(),
    }));

  /** Reconciles so many reports, each of which takes a time. @returns the number that stay in MessageMedia's list */
  async function reconcileReports(count: number, takes: number, confirm = 'true'): Promise<number> {
    let left = reports(count);
    const server = await listen(0, ({ url = '' }, response) => {
      if (url.endsWith('/confirmed')) left = left.slice(100);
      response.end(JSON.stringify({ replies: [], delivery_reports: left.slice(0, 100) }));
    });
    Object.assign(process.env, { MESSAGEMEDIA_BASE_URL: server.url, RECONCILE_CONFIRM: confirm });
    const begin = Date.now();
    jest.spyOn(Date, 'now').mockImplementation(() => begin + takes * (output.text.split('"recovered"').length - 1));
    await handler();
    await server.close();
    return left.length;
  }

  test('are read for four of the five minutes that the function may run, and the rest is for the next run', async () => {
    expect(await reconcileReports(101, 2_410)).toBe(1);
    expect(lines().at(-1)).toMatchObject({
      level: 'WARN',
      message: expect.stringMatching(
        /^The time is over.*"npx --no mmw reconcile --stack Webhooks --base-url http:\S+ --confirm"/,
      ),
    });
  });

  test('are counted when they hide what is newer, as long as they do', async () => {
    expect(await reconcileReports(100, 0, 'false')).toBe(100);
    expect(metric()).toMatchObject({ FullLists: 1 });
    expect(lines().at(-1)).toMatchObject({
      level: 'WARN',
      service: 'reconciliation',
      message: expect.stringMatching(/^The list of delivery reports is full.* --confirm" does that once/),
    });
    output.text = '';
    expect(await reconcileReports(100, 0)).toBe(0);
    expect(metric()).toMatchObject({ FullLists: 0 });
  });

  test('are not said to hide nothing if one of them cannot be read', async () => {
    const server = await listen(0, ({ url = '' }, response) => {
      response.statusCode = url.endsWith('/replies') ? 403 : 200;
      response.end(JSON.stringify({ message: 'no', delivery_reports: [] }));
    });
    process.env.MESSAGEMEDIA_BASE_URL = server.url;
    await expect(handler()).rejects.toThrow('1 failures');
    expect(metric()).not.toHaveProperty('FullLists');
    await server.close();
  });
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
  await expect(runLater()).rejects.toThrow(
    /^Reconciliation had 4 failures, the first: .*was not queued.*QueueDoesNotExist/,
  );
  expect(metric()).toMatchObject({ Recovered: 0 });
  const failures = lines().filter(({ level }) => level === 'ERROR');
  expect(failures).toHaveLength(4);
  for (const { message, detail } of failures) {
    expect(message).toBe('failed');
    expect(detail).toContain('QueueDoesNotExist');
  }
});
