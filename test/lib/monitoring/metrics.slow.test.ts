import { execFile } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { type LocalQueue, startQueue } from '../../../sandbox/aws/queue.ts';
import { type LocalSecrets, startSecrets } from '../../../sandbox/aws/secrets.ts';
import { sampleWebhooks } from '../../../signing/sample-webhooks.ts';
import { toWire } from '../../../signing/sender.ts';
import { assumed } from '../../assumed.ts';
import { streamNames } from '../../firehose.ts';
import { httpApiEvent, keyringOf, makeKey, receiverEnvironment } from '../../support.ts';
import { idsOf, stackOf } from '../support.ts';
import { written } from './week.ts';

const key = makeKey();
const webhook = { method: 'POST', target: '/messagemedia', contentType: 'application/json', body: '{"a":1}' };
const signed = httpApiEvent(toWire(webhook, key));
const large = httpApiEvent(toWire({ ...webhook, body: JSON.stringify('x'.repeat(1_048_576)) }, key));
const unreadable = httpApiEvent(
  toWire({ ...sampleWebhooks('/messagemedia').deliveryReport, body: '{"original_text":"""}' }, key),
);
const unrendered = httpApiEvent(toWire({ ...webhook, body: '{"reply_id":"$moId"}' }, key));
const unsigned = httpApiEvent(toWire(webhook, undefined));
const unknown = httpApiEvent(toWire(webhook, makeKey()));
const { json } = stackOf({ silenceAlarmMinutes: '60', archiveDays: '400' });

let folder: string;
let queue: LocalQueue;
let secrets: LocalSecrets;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'webhooks-'));
  [queue, secrets] = await Promise.all([startQueue(), startSecrets()]);
  secrets.put('keyring', keyringOf(key));
});
afterAll(() => Promise.all([queue.close(), secrets.close(), rm(folder, { recursive: true })]));

/** The log lines that the real function writes while it answers one request. */
async function logOf(event: object, environment: Record<string, string> = {}): Promise<string[]> {
  const handler = new URL('../../../lambda/handler.ts', import.meta.url).href;
  const file = join(folder, `${randomUUID()}.json`);
  await writeFile(file, JSON.stringify(event));
  const script = `import { readFileSync } from 'node:fs';
    const { handler } = await import(${JSON.stringify(handler)});
    await handler(JSON.parse(readFileSync(${JSON.stringify(file)}, 'utf8')), { awsRequestId: 'i' });`;
  const { stdout, stderr } = await promisify(execFile)(process.execPath, ['--input-type=module', '--eval', script], {
    env: {
      POWERTOOLS_SERVICE_NAME: 'Test/Receiver',
      ...receiverEnvironment(queue, secrets),
      ...environment,
    },
  });
  return `${stdout}${stderr}`.split('\n').filter((line) => line.startsWith('{'));
}

interface EmbeddedMetrics {
  _aws: { CloudWatchMetrics: { Namespace: string; Dimensions: string[][]; Metrics: { Name: string }[] }[] };
  [dimension: string]: unknown;
}

/** The metrics in a log, as CloudWatch reads them: one per set of dimensions. */
function metricsIn(lines: readonly string[]): string[] {
  const entries: (EmbeddedMetrics | { _aws: undefined })[] = lines.map((line) => JSON.parse(line));
  return entries.flatMap((entry) =>
    (entry._aws?.CloudWatchMetrics ?? []).flatMap(({ Namespace, Dimensions, Metrics }) =>
      Dimensions.flatMap((names) => {
        const dimensions = names.map((name) => `${name}=${(entry as EmbeddedMetrics)[name]}`).sort();
        return Metrics.map(({ Name }) => [Namespace, Name, ...dimensions].join(' '));
      }),
    ),
  );
}

/** Metrics of the receiver that alarms watch. */
function watched(): string[] {
  type Watched = { Namespace: string; MetricName: string; Dimensions: { Name: string; Value: string }[] };
  return idsOf(json, 'AWS::CloudWatch::Alarm').flatMap((id) => {
    const { Metrics = [], ...direct } = json.Resources[id]?.Properties ?? {};
    const inMath = (Metrics as { MetricStat?: { Metric: Watched } }[]).flatMap(
      ({ MetricStat }) => MetricStat?.Metric ?? [],
    );
    return [direct as unknown as Watched, ...inMath]
      .filter(({ Namespace }) => Namespace === 'MessageMediaWebhooks')
      .map(({ Namespace, MetricName, Dimensions }) =>
        [Namespace, MetricName, ...Dimensions.map(({ Name, Value }) => `${Name}=${Value}`).sort()].join(' '),
      );
  });
}

test('alarms watch what the function really emits', async () => {
  const logs = await Promise.all([
    logOf(signed),
    logOf(unrendered),
    logOf(unreadable),
    logOf(unsigned),
    logOf(unknown),
    logOf(signed, { KEYRING_SECRET_ID: 'nowhere' }),
    logOf(signed, { QUEUE_URL: `${queue.queueUrl}x.fifo` }),
    logOf(signed, {
      ARCHIVE_STREAMS: streamNames,
      ARCHIVE_QUEUE_URL: `${queue.queueUrl}x`,
      AWS_ENDPOINT_URL_FIREHOSE: queue.url,
    }),
    logOf(large, { OVERFLOW_BUCKET: 'nowhere', AWS_ENDPOINT_URL_S3: queue.url }),
  ]);
  const emitted = new Set(logs.flatMap(metricsIn));
  expect([...emitted].sort()).toEqual(
    [
      'Accepted service=Test/Receiver',
      'Age service=Test/Receiver',
      'ArchiveFailed service=Test/Receiver',
      'EnqueueFailed service=Test/Receiver',
      'Failed reason=keyring_unavailable service=Test/Receiver',
      'Failed reason=queue_unavailable service=Test/Receiver',
      'Failed reason=storage_unavailable service=Test/Receiver',
      'Failed service=Test/Receiver',
      'KeyringLoadFailed service=Test/Receiver',
      'Refused reason=unknown_key service=Test/Receiver',
      'Refused reason=unsigned service=Test/Receiver',
      'Refused service=Test/Receiver',
      'SignedRefused service=Test/Receiver',
      'StorageFailed service=Test/Receiver',
      'Unidentified service=Test/Receiver',
      'Unreadable service=Test/Receiver',
    ].map((metric) => `MessageMediaWebhooks ${metric}`),
  );
  // It comes from the access log.
  const missing = watched().filter((metric) => !emitted.has(metric));
  expect(missing).toEqual(['MessageMediaWebhooks Throttled service=Test/Receiver']);
});

test.each<[keyof typeof written, object, Record<string, string>]>([
  ['accepted', signed, {}],
  ['unidentified', unrendered, {}],
  ['unreadable', unreadable, {}],
  ['notArchived', signed, { ARCHIVE_QUEUE_URL: 'x' }],
  ['unsigned', unsigned, {}],
  ['refused', unknown, {}],
  ['notQueued', signed, { QUEUE_URL: 'x.fifo' }],
  ['notStored', large, { OVERFLOW_BUCKET: 'nowhere' }],
  ['withoutKeys', signed, { KEYRING_SECRET_ID: 'nowhere' }],
])('the simulated week has what the function writes of a request that is %s', async (outcome, event, broken) => {
  const lines = await logOf(event, {
    ARCHIVE_STREAMS: streamNames,
    ARCHIVE_QUEUE_URL: queue.queueUrl,
    AWS_ENDPOINT_URL_FIREHOSE: queue.url,
    AWS_ENDPOINT_URL_S3: queue.url,
    ...broken,
    ...(broken.QUEUE_URL && { QUEUE_URL: `${queue.queueUrl}x.fifo` }),
    ...(broken.ARCHIVE_QUEUE_URL && { ARCHIVE_QUEUE_URL: `${queue.queueUrl}x` }),
  });
  const values: Record<string, number> = {};
  for (const line of lines.map((text) => JSON.parse(text))) {
    for (const { Metrics, Dimensions } of line._aws?.CloudWatchMetrics ?? []) {
      for (const { Name } of Metrics as { Name: string }[]) {
        for (const dimensions of Dimensions as string[][]) {
          const reason = dimensions.includes('reason') ? ` ${line.reason}` : '';
          values[`${Name}${reason}`] = Math.max(values[`${Name}${reason}`] ?? 0, line[Name]);
        }
      }
    }
  }
  // No alarm watches these, and the first request reads the keyring.
  const others = /^(?:Age|Refused|Failed)$|^Failed |^Refused (?!unsigned)|^KeyringLoadFailed$/;
  const watchedValues = Object.entries(values).filter(
    ([name, value]) => !others.test(name) || (name === 'KeyringLoadFailed' && value > 0),
  );
  expect(Object.fromEntries(watchedValues)).toEqual(written[outcome]);
});

test('a webhook makes as much of a log as docs/costs.md says', async () => {
  const lines = await logOf(httpApiEvent(toWire(sampleWebhooks('/messagemedia').deliveryReport, key)), {
    POWERTOOLS_SERVICE_NAME: 'MessageMediaWebhooks/Receiver',
  });
  const ofWebhook = lines.filter((line) => /accepted/i.test(line));
  const bytes = ofWebhook.reduce((sum, line) => sum + Buffer.byteLength(line), 0);
  expect(ofWebhook).toHaveLength(1);
  expect(bytes).toBeGreaterThan(assumed.ownLog * 0.9);
  expect(bytes).toBeLessThan(assumed.ownLog * 1.1);
});

test('API Gateway writes as much of a log as docs/costs.md says', () => {
  const [stage = ''] = idsOf(json, 'AWS::ApiGatewayV2::Stage');
  const settings = json.Resources[stage]?.Properties.AccessLogSettings as { Format: string } | undefined;
  const format = settings?.Format ?? '';
  const values: Record<string, string> = {
    requestId: 'JKJaXmPLvHcESHA=',
    httpMethod: 'POST',
    routeKey: 'ANY /messagemedia',
    status: '202',
    responseLatency: '12',
    integrationStatus: '202',
    integrationErrorMessage: '-',
    'error.message': '-',
  };
  const line = format
    .replace('Test/', 'MessageMediaWebhooks/')
    .replace(/\$context\.([\w.]+)/g, (_, name) => values[name] ?? '');
  expect(Buffer.byteLength(line)).toBeGreaterThan(assumed.accessLog * 0.9);
  expect(Buffer.byteLength(line)).toBeLessThan(assumed.accessLog * 1.1);
});
