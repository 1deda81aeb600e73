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
  ...samples.domain,
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
      'MoreDeadLetters',
      'OldestEvent',
      'ServerErrors',
      'EnqueueFailures',
      'StorageFailures',
      'KeyringFailures',
      'RefusedWebhooks',
      'UnsignedRequests',
      'RequestThrottles',
      'UnidentifiedEvents',
      'UnreadableEvents',
      'CertificateExpiry',
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
      'ArchiveMoreDeadLetters',
      'ArchiveKeysFailed',
      'Silence',
    ]);
  });

  test('each name a command, and the section of docs/operations.md that is theirs', () => {
    const named = alarms.map(
      ([, { AlarmDescription }]) =>
        /What to do: npx mmw doctor --stack \w+ \(.*Runbook: messagemedia-webhook-receiver@0\.1\.0\/docs\/operations\.md#([\w-]+)$/.exec(
          String(AlarmDescription),
        )?.[1],
    );
    // All that watch for the same have one.
    expect([...new Set(named)]).toEqual(sections);
  });

  test('link to the page of the version deployed once the project has one on the web, or to your own', () => {
    const info = { name: 'x', version: '1.2.3', homepage: 'https://example.com/x' };
    expect(runbookOf(info, 's')).toBe('https://example.com/x/blob/v1.2.3/docs/operations.md');
    stackOf({ runbookUrl: 'https://wiki.example.com/alarms' }).template.hasResourceProperties(
      'AWS::CloudWatch::Alarm',
      {
        AlarmDescription:
          'No consumer could handle some events. What to do: https://wiki.example.com/alarms#dead-letters',
      },
    );
  });

  test('tell the topic when they go off and when it is over', () => {
    const topic = [samples.alarmTopic.alarmTopicArn];
    for (const [name, { AlarmActions, OKActions }] of alarms) {
      // That no more dead letters come does not end anything.
      expect([name, AlarmActions, OKActions]).toEqual([
        name,
        topic,
        name.endsWith('MoreDeadLetters') ? undefined : topic,
      ]);
    }
  });

  test('on 5xx watch the metric of either front door', () => {
    const rest = idsOf(stackOf({ frontDoor: 'rest' }).json, 'AWS::CloudWatch::Alarm').find((id) =>
      id.includes('ServerErrors'),
    );
    expect(alarm('ServerErrors')).toMatchObject({ Namespace: 'AWS/ApiGateway', MetricName: '5xx' });
    expect(stackOf({ frontDoor: 'rest' }).json.Resources[rest ?? '']?.Properties).toMatchObject({
      MetricName: '5XXError',
      Dimensions: [{ Name: 'ApiName', Value: expect.stringMatching(/^Test-Receiver-Rest/) }],
    });
  });

  test.each([
    ['5', 300, 12],
    ['15', 900, 4],
    ['60', 3600, 2],
    ['1440', 86_400, 2],
  ])('on a reconciliation every %s minutes follow its schedule', (reconcileMinutes, Period, EvaluationPeriods) => {
    const { json: other } = stackOf({ reconcileMinutes });
    const id = idsOf(other, 'AWS::CloudWatch::Alarm').find((name) => name.includes('ReconciliationFailures')) ?? '';
    expect(other.Resources[id]?.Properties).toMatchObject({ EvaluationPeriods });
    expect(other.Resources[id]?.Properties.Metrics).toContainEqual(
      expect.objectContaining({ Id: 'runs', MetricStat: expect.objectContaining({ Period }) }),
    );
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
  for (const { properties } of widgets) {
    // A count and a time on one axis would hide one of them.
    const inSeconds = /Age|Freshness/.test(JSON.stringify(properties));
    expect(inSeconds && /Messages|Errors|Invocations|Failed/.test(JSON.stringify(properties))).toBe(false);
  }
  expect(body).toContain('["MessageMediaWebhooks","RotationFailed","service","Test/Rotation"');
  for (const name of [
    'Accepted',
    'Refused',
    'Failed',
    'Throttled',
    'KeyringLoadFailed',
    'SignedRefused',
    'EnqueueFailed',
    'StorageFailed',
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
