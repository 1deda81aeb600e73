import { readFileSync } from 'node:fs';
import { describe, expect, test } from '@jest/globals';
import { runbookOf } from '../../../lib/monitoring/alarms.ts';
import { resolve } from '../policies.ts';
import { idsOf, type Resource, samples, stackOf } from '../support.ts';

const { json, template } = stackOf({
  silenceAlarmMinutes: '90',
  rotationDays: '30',
  reconcileMinutes: '15',
  archiveDays: '400',
  ...samples.alarmTopic,
});
const operations = readFileSync(new URL('../../../docs/operations.md', import.meta.url), 'utf8');
const alarms = idsOf(json, 'AWS::CloudWatch::Alarm').map((id): [string, Resource['Properties']] => [
  /Alarms(\w+)[0-9A-F]{8}$/.exec(id)?.[1] ?? id,
  json.Resources[id]?.Properties ?? {},
]);
const alarm = (name: string) => alarms.find(([id]) => id === name)?.[1];

/** Anchors of the headings below "Alarms", as a renderer makes them. */
const sections = [...operations.matchAll(/^### (.+)$/gm)].map(([, title = '']) =>
  title.toLowerCase().replaceAll(' ', '-'),
);

describe('alarms', () => {
  test('cover everything that can go wrong', () => {
    expect(alarms.map(([name]) => name)).toEqual([
      'DeadLetters',
      'OldestEvent',
      'EnqueueFailures',
      'StorageFailures',
      'KeyringFailures',
      'RefusalSurge',
      'FunctionErrors',
      'UnexpectedFailures',
      'FunctionThrottles',
      'RequestThrottles',
      'UnidentifiedEvents',
      'UnreadableEvents',
      'RotationFailures',
      'RecoveredEvents',
      'ReconciliationFailures',
      'HiddenEvents',
      'ArchiveFailed',
      'ArchiveDelayedDeliveryReport',
      'ArchiveDelayedReply',
      'ArchiveDelayedOptOut',
      'ArchiveDelayedWebhook',
      'ArchiveDelayedQueue',
      'ArchiveDeadLetters',
      'ArchiveKeysFailed',
      'Silence',
    ]);
  });

  test('each name the section of docs/operations.md that is theirs', () => {
    const named = alarms.map(
      ([, { AlarmDescription }]) =>
        /What to do: messagemedia-webhook-receiver@0\.1\.0\/docs\/operations\.md#([\w-]+)$/.exec(
          String(AlarmDescription),
        )?.[1],
    );
    // All that watch for the same have one.
    expect([...new Set(named)]).toEqual(sections);
  });

  test('link to the page of the version deployed once the project has one on the web, or to your own', () => {
    const info = { name: 'x', version: '1.2.3', homepage: 'https://example.com/x' };
    expect(runbookOf(info)).toBe('https://example.com/x/blob/v1.2.3/docs/operations.md');
    stackOf({ runbookUrl: 'https://wiki.example.com/alarms' }).template.hasResourceProperties(
      'AWS::CloudWatch::Alarm',
      {
        AlarmDescription:
          'No consumer could handle some events. What to do: https://wiki.example.com/alarms#dead-letters',
      },
    );
  });

  test('tell the topic when they go off and when it is over', () => {
    for (const [, { AlarmActions, OKActions }] of alarms) {
      expect([AlarmActions, OKActions]).toEqual([
        [samples.alarmTopic.alarmTopicArn],
        [samples.alarmTopic.alarmTopicArn],
      ]);
    }
  });

  test('tell nobody without a topic', () => {
    stackOf({}).template.allResourcesProperties('AWS::CloudWatch::Alarm', {});
    for (const id of idsOf(stackOf({}).json, 'AWS::CloudWatch::Alarm')) {
      expect(stackOf({}).json.Resources[id]?.Properties.AlarmActions).toBeUndefined();
    }
  });

  test('treat missing data as well, except where it is the alarm', () => {
    // What hides events does so until the next run says that it does not any more.
    const others: Record<string, string> = { Silence: 'breaching', HiddenEvents: 'ignore' };
    for (const [name, { TreatMissingData }] of alarms) {
      expect([name, TreatMissingData]).toEqual([name, others[name] ?? 'notBreaching']);
    }
  });

  test('watch dead letters and the oldest event of the right queue', () => {
    expect(resolve(alarm('DeadLetters'))).toMatchObject({
      MetricName: 'ApproximateNumberOfMessagesVisible',
      Dimensions: [{ Name: 'QueueName', Value: 'arn:DeadLetterQueue' }],
      Statistic: 'Maximum',
      Threshold: 1,
      ComparisonOperator: 'GreaterThanOrEqualToThreshold',
    });
    expect(resolve(alarm('OldestEvent'))).toMatchObject({
      MetricName: 'ApproximateAgeOfOldestMessage',
      Dimensions: [{ Name: 'QueueName', Value: 'arn:EventQueue' }],
      Statistic: 'Maximum',
      Threshold: 30 * 60,
    });
  });

  test('go off at the first lost webhook, and at ten refusals in a quarter of an hour', () => {
    for (const name of [
      'EnqueueFailures',
      'StorageFailures',
      'KeyringFailures',
      'RotationFailures',
      'FunctionErrors',
      'FunctionThrottles',
      'RequestThrottles',
      'UnidentifiedEvents',
      'UnreadableEvents',
      'RecoveredEvents',
      'ReconciliationFailures',
      'ArchiveFailed',
      'ArchiveKeysFailed',
    ]) {
      expect(alarm(name)).toMatchObject({ Threshold: 1, Statistic: 'Sum', Period: 300, EvaluationPeriods: 1 });
    }
    expect(alarm('HiddenEvents')).toMatchObject({ MetricName: 'FullLists', Threshold: 1, Statistic: 'Maximum' });
    expect(alarm('RefusalSurge')).toMatchObject({ Threshold: 10, Statistic: 'Sum', Period: 900, EvaluationPeriods: 1 });
  });

  test('tell of what waits an hour for the archive, in any stream or in the queue, and of its dead letters', () => {
    const streams = idsOf(json, 'AWS::KinesisFirehose::DeliveryStream');
    const delayed = { Statistic: 'Maximum', Threshold: 3600, Period: 300, EvaluationPeriods: 1 };
    const names = ['DeliveryReport', 'Reply', 'OptOut', 'Webhook'];
    for (const [index, name] of names.entries()) {
      expect(resolve(alarm(`ArchiveDelayed${name}`))).toMatchObject({
        ...delayed,
        Namespace: 'AWS/Firehose',
        MetricName: 'DeliveryToS3.DataFreshness',
        Dimensions: [{ Name: 'DeliveryStreamName', Value: `arn:${streams[index]}` }],
      });
      expect(streams[index]).toMatch(new RegExp(`^ArchiveStreams${name.toLowerCase()}`));
    }
    expect(resolve(alarm('ArchiveDelayedQueue'))).toMatchObject({
      ...delayed,
      MetricName: 'ApproximateAgeOfOldestMessage',
      Dimensions: [{ Name: 'QueueName', Value: 'arn:ArchiveQueue' }],
    });
    expect(resolve(alarm('ArchiveDeadLetters'))).toMatchObject({
      MetricName: 'ApproximateNumberOfMessagesVisible',
      Dimensions: [{ Name: 'QueueName', Value: 'arn:ArchiveDeadLetterQueue' }],
      Threshold: 1,
    });
    expect(resolve(alarm('ArchiveKeysFailed'))).toMatchObject({
      MetricName: 'Errors',
      Dimensions: [{ Name: 'FunctionName', Value: expect.stringMatching(/^arn:ArchiveFunctionHandlerFunction/) }],
    });
  });

  test('on silence go off after the time asked for, and are not there unless asked for', () => {
    expect(alarm('Silence')).toMatchObject({
      ComparisonOperator: 'LessThanThreshold',
      Threshold: 1,
      EvaluationPeriods: 1,
      Metrics: [{ Expression: 'FILL(accepted, 0)' }, { Id: 'accepted', MetricStat: { Period: 90 * 60, Stat: 'Sum' } }],
    });
    expect(idsOf(stackOf({}).json, 'AWS::CloudWatch::Alarm').filter((id) => id.includes('Silence'))).toEqual([]);
  });
});

describe('saved queries', () => {
  const queries = idsOf(json, 'AWS::Logs::QueryDefinition').map((id) => json.Resources[id]?.Properties ?? {});

  test('are the ones that docs/operations.md sends a person to', () => {
    const names = queries.map(({ Name }) => String(Name).replace('Test/Receiver/', ''));
    expect(names).toEqual(['refusals-by-reason', 'failures', 'story-of-an-event', 'answers-by-status']);
    for (const name of names) expect(operations).toContain(`\`${name}\``);
  });

  test('ask the logs of this stack', () => {
    const groups = idsOf(json, 'AWS::Logs::LogGroup').map((Ref) => ({ Ref }));
    for (const { LogGroupNames } of queries) expect(groups).toEqual(expect.arrayContaining(LogGroupNames as unknown[]));
  });
});

test('the dashboard shows every alarm and every metric of the receiver', () => {
  const [id = ''] = idsOf(json, 'AWS::CloudWatch::Dashboard');
  const body = String((resolve(json.Resources[id]?.Properties) as { DashboardBody: unknown }).DashboardBody);
  const { widgets } = JSON.parse(body) as { widgets: { type: string; properties: { alarms?: string[] } }[] };
  expect(widgets[0]?.properties.alarms).toEqual(
    idsOf(json, 'AWS::CloudWatch::Alarm').map((alarmId) => `arn:${alarmId}`),
  );
  for (const name of [
    'Accepted',
    'Refused',
    'Failed',
    'Throttled',
    'KeyringLoadFailed',
    'Unidentified',
    'Unreadable',
    'Age',
    'Recovered',
    'FullLists',
    'ArchiveFailed',
  ]) {
    expect(body).toContain(`["MessageMediaWebhooks","${name}","service","Test/Receiver"`);
  }
});

test('the access log counts what API Gateway turned away', () => {
  template.hasResourceProperties('AWS::Logs::MetricFilter', {
    FilterPattern: '{ $.status = "429" }',
    MetricTransformations: [
      {
        MetricNamespace: 'MessageMediaWebhooks',
        MetricName: 'Throttled',
        MetricValue: '1',
        Dimensions: [{ Key: 'service', Value: '$.service' }],
      },
    ],
  });
});
