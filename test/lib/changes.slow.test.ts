import { describe, expect, test } from '@jest/globals';
import { changes } from './changes.ts';
import { choices, combinations, without } from './settings/combinations.ts';
import { type Context, samples, stackOf } from './support.ts';

const rest = { frontDoor: 'rest' };
const rotation = { rotationDays: '30' };
const reconciliation = { reconcileMinutes: '15' };
const archive = { archiveDays: '400' };
const key = { customerManagedKey: 'true' };
const logs = { logRetentionDays: '7' };

/** Each setting with its start and its `-c` options. The snapshot has all its changes. */
const settings: [name: string, base: Context, context: Context][] = [
  ['callbackPath', {}, { callbackPath: '/a/b' }],
  ['ordering', {}, { ordering: 'standard' }],
  ['timestampToleranceSeconds', {}, { timestampToleranceSeconds: '60' }],
  ['frontDoor', {}, rest],
  ['frontDoor behind a domain, whose URL stays', samples.domain, rest],
  ['domainName and certificateArn', {}, samples.domain],
  ['hostedZoneId', samples.domain, samples.hostedZone],
  ['webAclArn', rest, samples.webAcl],
  ['allowedIps', rest, samples.allowedIps],
  ['throttleRateLimit', {}, { throttleRateLimit: '50' }],
  ['throttleBurstLimit', {}, { throttleBurstLimit: '60' }],
  ['throttleRateLimit of a REST API', rest, { throttleRateLimit: '50' }],
  ['throttleBurstLimit of a REST API', rest, { throttleBurstLimit: '60' }],
  ['reservedConcurrency', {}, { reservedConcurrency: '5' }],
  ['logRetentionDays', {}, logs],
  ['rotationDays', {}, rotation],
  ['reconcileMinutes', {}, reconciliation],
  ['reconcileMinutes beside rotation, which has credentials already', rotation, reconciliation],
  ['reconcileConfirm', reconciliation, { reconcileConfirm: 'true' }],
  ['messagemediaBaseUrl', rotation, { messagemediaBaseUrl: 'eu' }],
  ['logRetentionDays of rotation', rotation, logs],
  ['customerManagedKey of rotation', rotation, key],
  ['customerManagedKey of reconciliation', reconciliation, key],
  ['archiveDays', {}, archive],
  ['archiveDays beside reconciliation, which archives as well', reconciliation, archive],
  ['archiveDays, another number', archive, { archiveDays: '30' }],
  ['archiveLock', archive, { archiveLock: 'governance' }],
  ['logRetentionDays of an archive', archive, logs],
  ['customerManagedKey of an archive', archive, key],
  ['tracing', {}, { tracing: 'false' }],
  ['customerManagedKey', {}, key],
  ['alarmTopicArn', {}, samples.alarmTopic],
  ['alarmTopicArn with a domain', samples.domain, samples.alarmTopic],
  ['silenceAlarmMinutes', {}, { silenceAlarmMinutes: '60' }],
  ['runbookUrl', {}, { runbookUrl: 'https://wiki.example.com/alarms' }],
];

const changesBy = (base: Context, context: Context) =>
  changes(stackOf(base).json, stackOf({ ...base, ...context }).json);

/** What holds data. */
const stateful =
  /^- (?:EventQueue|DeadLetterQueue|Keyring|OverflowBucket|Key|ApiCredentials|Archive\w*(?:Bucket|Queue))$/;

describe('a setting changes what it should and nothing else', () => {
  test.each(settings)('%s', (_name, base, context) => {
    const found = changesBy(base, context);
    expect(found).toMatchSnapshot();
    expect(found.filter((line) => stateful.test(line))).toEqual([]);
  });

  // Together with another choice it may change less, but nothing that it does not change alone.
  test.each(choices)('$name, in each combination', (choice) => {
    const known = settings.flatMap(([, base, context]) =>
      Object.keys(context).some((key) => key in choice.context) ? changesBy(base, context) : [],
    );
    for (const combination of combinations) {
      const other = without(combination, choice);
      if (!other) continue;
      const found = changes(stackOf(other.context).json, stackOf(combination.context).json);
      expect({ combination: combination.name, unknown: found.filter((line) => !known.includes(line)) }).toEqual({
        combination: combination.name,
        unknown: [],
      });
      expect(found).not.toEqual([]);
    }
  });
});
