import { Duration } from 'aws-cdk-lib';
import {
  type Alarm,
  type AlarmProps,
  ComparisonOperator,
  MathExpression,
  Stats,
  TreatMissingData,
} from 'aws-cdk-lib/aws-cloudwatch';
import type { IQueue } from 'aws-cdk-lib/aws-sqs';
import { Construct } from 'constructs';
import { isOfOtherAccount, warn } from '../brought-resource.ts';
import { type PackageInfo, packageInfo } from '../package-info.ts';
import { notify } from './alarm-topic.ts';
import { archiveWatches } from './archive-watches.ts';
import type { MonitoringProps } from './monitoring-props.ts';
import { createAlarm, type Watch } from './watch.ts';

/** Longer than 5 receives of 3 minutes. After these an event is in the dead-letter queue, which has its own alarm. */
const oldestAllowed = Duration.minutes(30);

/** In 15 minutes. Only MessageMedia knows the URL, so refusals are rare until something is wrong. */
const surgeOfRefusals = 10;

/** An alarm for each thing that can go wrong. For each, the runbook has a section of its name that says what to do. */
export class Alarms extends Construct {
  readonly all: readonly Alarm[];

  constructor(scope: Construct, id: string, props: MonitoringProps) {
    super(scope, id);
    const action = props.alarmTopic && notify(this, props.alarmTopic);
    const watches = [
      ...eventWatches(this, props),
      ...requestWatches(props),
      ...rotationWatch(props),
      ...reconciliationWatches(props),
      ...archiveWatches(props),
      ...silenceWatch(props),
    ];
    const runbook = props.runbookUrl ?? runbookOf(packageInfo());
    this.all = watches.map((watch) => {
      const alarm = createAlarm(this, watch, runbook);
      if (action) {
        alarm.addAlarmAction(action);
        alarm.addOkAction(action);
      }
      return alarm;
    });
  }
}

/** The page of the version that is deployed: that of another may know other alarms. */
export function runbookOf({ name, version, homepage }: PackageInfo): string {
  const page = 'docs/operations.md';
  return homepage === undefined ? `${name}@${version}/${page}` : `${homepage}/blob/v${version}/${page}`;
}

function eventWatches(scope: Construct, { receiver }: MonitoringProps): Watch[] {
  const maximum = { statistic: Stats.MAXIMUM, period: Duration.minutes(5) };
  const watches: Watch[] = [];
  if (hasMetricsHere(scope, receiver.queue))
    watches.push({
      id: 'OldestEvent',
      meaning: `The oldest event has waited ${oldestAllowed.toMinutes()} minutes for a consumer`,
      metric: receiver.queue.metricApproximateAgeOfOldestMessage(maximum),
      options: { threshold: oldestAllowed.toSeconds() },
    });
  if (receiver.deadLetterQueue && hasMetricsHere(scope, receiver.deadLetterQueue))
    watches.unshift({
      id: 'DeadLetters',
      meaning: 'No consumer could handle some events',
      metric: receiver.deadLetterQueue.metricApproximateNumberOfMessagesVisible(maximum),
    });
  return watches;
}

/** A queue has its metrics in its own account, so an alarm of another account would never go off. */
function hasMetricsHere(scope: Construct, { queueArn: arn, env }: IQueue): boolean {
  if (!isOfOtherAccount(scope, { arn, env })) return true;
  warn(
    scope,
    'queueOfOtherAccount',
    `Queue ${arn} is of another account, which has its metrics: nothing here watches how long events wait in it. Make an alarm on ApproximateAgeOfOldestMessage there.`,
  );
  return false;
}

function requestWatches({ receiver }: MonitoringProps): Watch[] {
  const sum = { statistic: Stats.SUM, period: Duration.minutes(5) };
  return [
    {
      id: 'EnqueueFailures',
      meaning: 'Verified webhooks could not be queued',
      metric: receiver.metricFailed('queue_unavailable', sum),
    },
    {
      id: 'StorageFailures',
      meaning: 'The data of large events could not be put into S3',
      metric: receiver.metricFailed('storage_unavailable', sum),
    },
    { id: 'KeyringFailures', meaning: 'The keyring could not be read', metric: receiver.metricKeyringLoadFailed(sum) },
    {
      id: 'RefusalSurge',
      meaning: `At least ${surgeOfRefusals} requests were refused within 15 minutes`,
      metric: receiver.metricRefused(undefined, { ...sum, period: Duration.minutes(15) }),
      options: { threshold: surgeOfRefusals },
    },
    { id: 'FunctionErrors', meaning: 'The function crashed or timed out', metric: receiver.function.metricErrors(sum) },
    {
      id: 'UnexpectedFailures',
      meaning: 'Requests failed with an unexpected error',
      metric: receiver.metricFailed('unexpected', sum),
    },
    {
      id: 'FunctionThrottles',
      meaning: 'Lambda had no concurrency left for some requests',
      metric: receiver.function.metricThrottles(sum),
    },
    {
      id: 'RequestThrottles',
      meaning: 'API Gateway throttled requests (429)',
      metric: receiver.metricThrottled(sum),
    },
    {
      id: 'UnidentifiedEvents',
      meaning: 'Webhooks were queued without their ids, because their template was not rendered',
      metric: receiver.metricUnidentified(sum),
    },
    {
      id: 'UnreadableEvents',
      meaning: 'Webhooks were queued that should be JSON and are not, so consumers get no payload',
      metric: receiver.metricUnreadable(sum),
    },
  ];
}

function rotationWatch({ rotation }: MonitoringProps): Watch[] {
  if (!rotation) return [];
  const metric = rotation.function.metricErrors({ statistic: Stats.SUM, period: Duration.minutes(5) });
  return [{ id: 'RotationFailures', meaning: 'A step of a key rotation failed', metric }];
}

function reconciliationWatches({ reconciliation }: MonitoringProps): Watch[] {
  if (!reconciliation) return [];
  const sum = { statistic: Stats.SUM, period: Duration.minutes(5) };
  return [
    {
      id: 'RecoveredEvents',
      meaning: 'Events whose webhook never arrived were recovered from MessageMedia',
      metric: reconciliation.metricRecovered(sum),
    },
    {
      id: 'ReconciliationFailures',
      meaning: 'A reconciliation failed',
      metric: reconciliation.function.metricErrors(sum),
    },
    {
      id: 'HiddenEvents',
      meaning: 'A list of MessageMedia is full, and hides events that cannot be recovered until it is emptied',
      metric: reconciliation.metricFullLists({ period: Duration.minutes(5) }),
      // Between two runs, up to a day, nothing changes.
      options: { treatMissingData: TreatMissingData.IGNORE },
    },
  ];
}

function silenceWatch({ receiver, silence }: MonitoringProps): Watch[] {
  if (!silence) return [];
  // Missing data is filled with zeros, because an alarm on missing data looks back several periods before it goes off.
  const metric = new MathExpression({
    expression: 'FILL(accepted, 0)',
    usingMetrics: { accepted: receiver.metricAccepted() },
    label: 'Accepted',
    period: silence,
  });
  const options: Partial<AlarmProps> = {
    comparisonOperator: ComparisonOperator.LESS_THAN_THRESHOLD,
    treatMissingData: TreatMissingData.BREACHING,
  };
  return [{ id: 'Silence', meaning: `No webhook was accepted within ${silence.toMinutes()} minutes`, metric, options }];
}
