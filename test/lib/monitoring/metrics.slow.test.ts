import { spawn } from 'node:child_process';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { beforeAll, expect, test } from '@jest/globals';
import { startQueue } from '../../../sandbox/aws/queue.ts';
import { startSecrets } from '../../../sandbox/aws/secrets.ts';
import { sampleWebhooks } from '../../../signing/sample-webhooks.ts';
import { toWire, type WireRequest } from '../../../signing/sender.ts';
import { assumed } from '../../assumed.ts';
import { streamNames } from '../../firehose.ts';
import { httpApiEvent, keyringOf, makeKey, receiverEnvironment } from '../../support.ts';
import { idsOf, stackOf } from '../support.ts';
import { written } from './week.ts';

const service = 'Test/Receiver';
const key = makeKey();
const webhook = { method: 'POST', target: '/messagemedia', contentType: 'application/json', body: '{"a":1}' };
const large = { ...webhook, body: JSON.stringify('x'.repeat(1_048_576)) };
const unreadable = { ...sampleWebhooks('/messagemedia').deliveryReport, body: '{"original_text":"""}' };
const report = toWire(sampleWebhooks('/messagemedia').deliveryReport, key);
/** Each outcome's request, and what is broken. */
const cases: Record<string, [request: WireRequest, broken?: string]> = {
  accepted: [toWire(webhook, key)],
  unidentified: [toWire({ ...webhook, body: '{"reply_id":"$moId"}' }, key)],
  unreadable: [toWire(unreadable, key)],
  unsigned: [toWire(webhook, undefined)],
  refused: [toWire(webhook, makeKey())],
  report: [report],
  notArchived: [toWire(webhook, key), 'ARCHIVE_QUEUE_URL'],
  notQueued: [toWire(webhook, key), 'QUEUE_URL'],
  notStored: [toWire(large, key), 'OVERFLOW_BUCKET'],
  withoutKeys: [toWire(webhook, key), 'KEYRING_SECRET_ID'],
};
type Outcome = keyof typeof written & keyof typeof cases;
const { json } = stackOf({ silenceAlarmMinutes: '60', archiveDays: '400' });

/** The log lines of each outcome. */
const logs: Record<string, string[]> = {};
beforeAll(async () => {
  const [queue, secrets] = await Promise.all([startQueue(), startSecrets()]);
  secrets.put('keyring', keyringOf(key));
  const environment: Record<string, string> = {
    ...receiverEnvironment(queue, secrets),
    POWERTOOLS_SERVICE_NAME: service,
    ARCHIVE_STREAMS: streamNames,
    ARCHIVE_QUEUE_URL: queue.queueUrl,
    AWS_ENDPOINT_URL_FIREHOSE: queue.url,
    AWS_ENDPOINT_URL_S3: queue.url,
    OVERFLOW_BUCKET: queue.overflowBucket,
  };
  const groups = [...Map.groupBy(Object.entries(cases), ([, [, broken]]) => broken)];
  await Promise.all(
    groups.map(async ([broken, outcomes]) => {
      const wrong = broken && { [broken]: broken.endsWith('URL') ? `${queue.queueUrl}x.fifo` : 'nowhere' };
      const requests = outcomes.map(([, [request]]) => request);
      const found = await logsOf(requests, { ...environment, ...wrong });
      for (const [index, [outcome]] of outcomes.entries()) logs[outcome] = found[index] ?? [];
    }),
  );
  await Promise.all([queue.close(), secrets.close()]);
});

/** The log lines that the real function writes while it answers each request, in one process. */
async function logsOf(requests: readonly WireRequest[], env: Record<string, string>): Promise<string[][]> {
  const lambda = spawn(process.execPath, [fileURLToPath(new URL('../../lambda/run-handler.ts', import.meta.url))], {
    env,
  });
  lambda.stdin.end(requests.map((request) => `${JSON.stringify(httpApiEvent(request))}\n`).join(''));
  const written = await text(lambda.stdout);
  return written
    .split(/^\{"answer".*$/m)
    .slice(0, -1)
    .map((part) => part.split('\n').filter((line) => line.startsWith('{')));
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

test('alarms watch what the function really emits', () => {
  const emitted = new Set(Object.values(logs).flatMap(metricsIn));
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

test.each(Object.keys(written).filter((outcome) => outcome in cases) as Outcome[])(
  'the simulated week has what the function writes of a request that is %s',
  (outcome) => {
    const values: Record<string, number> = {};
    for (const line of (logs[outcome] ?? []).map((line) => JSON.parse(line))) {
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
  },
);

test('a webhook makes as much of a log as docs/costs.md says', () => {
  const ofWebhook = (logs.report ?? []).filter((line) => /accepted/i.test(line));
  const bytes = ofWebhook.reduce(
    (sum, line) => sum + Buffer.byteLength(line.replace(service, 'MessageMediaWebhooks/Receiver')),
    0,
  );
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
