import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Duration, Stack } from 'aws-cdk-lib';
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
import { libFolder } from '../folder.cjs';
import { notify } from './alarm-topic.ts';
import { archiveWatches } from './archive-watches.ts';
import { requestWatches } from './request-watches.ts';
import {
  createAlarm,
  deadLetterWatches,
  type MonitoringProps,
  scheduleOptions,
  standstillOf,
  type Watch,
} from './watch.ts';

/**
 * A consumer takes seconds. Longer waiting means that it is down, or what it depends on. That may last for hours without
 * the loss of an event, so the alarm must come long before its 14 days are over.
 */
const oldestAllowed = Duration.hours(1);

/** An alarm for each thing that can go wrong. For each, the runbook has a section of its name that says what to do. */
export class Alarms extends Construct {
  readonly all: Alarm[];

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
    const runbook = props.runbookUrl ?? runbookOf(packageInfo(), Stack.of(this).stackName);
    this.all = watches.map((watch) => {
      const alarm = createAlarm(this, watch, runbook);
      if (action) {
        alarm.addAlarmAction(action);
        if (!watch.endsSilently) alarm.addOkAction(action);
      }
      return alarm;
    });
  }
}

/** Fields of `package.json`. */
interface PackageInfo {
  readonly name: string;
  readonly version: string;
  /** Page of the project on the web, once it has one. */
  readonly homepage?: string;
}

/**
 * The page of the version that is deployed: that of another may know other alarms. Without a web page, whoever gets the
 * message has a command that says what is wrong, and where the page is.
 */
export function runbookOf({ name, version, homepage }: PackageInfo, stack: string): string {
  const page = 'docs/operations.md';
  if (homepage !== undefined) return `${homepage}/blob/v${version}/${page}`;
  return `npx mmw doctor --stack ${stack} (from the project's folder). Runbook: ${name}@${version}/${page}`;
}

/** Reads `package.json`. Beside the compiled files is one with the same fields. */
function packageInfo(): PackageInfo {
  return JSON.parse(readFileSync(join(libFolder, '../package.json'), 'utf8'));
}

function eventWatches(scope: Construct, { receiver: { queue, deadLetterQueue } }: MonitoringProps): Watch[] {
  const metric = queue.metricApproximateAgeOfOldestMessage({ statistic: Stats.MAXIMUM, period: Duration.minutes(5) });
  const oldest: Watch = {
    id: 'OldestEvent',
    meaning: `The oldest event has waited ${oldestAllowed.toMinutes()} minutes for a consumer`,
    metric,
    options: { threshold: oldestAllowed.toSeconds() },
  };
  const dead =
    deadLetterQueue && hasMetricsHere(scope, deadLetterQueue)
      ? deadLetterWatches('', 'No consumer could handle some events', 'dead-letters', deadLetterQueue)
      : [];
  return [...dead, ...(hasMetricsHere(scope, queue) ? [oldest] : [])];
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

function rotationWatch({ rotation }: MonitoringProps): Watch[] {
  if (!rotation) return [];
  const metric = rotation.metricFailed({ period: Duration.minutes(5) });
  return [{ id: 'RotationFailures', meaning: 'A key rotation failed, or is a day late', metric }];
}

function reconciliationWatches({ reconciliation }: MonitoringProps): Watch[] {
  if (!reconciliation) return [];
  // Each run writes both, also a 0. In between nothing changes.
  const lastRun = { period: Duration.minutes(5) };
  const standstill = standstillOf(reconciliation.every).toMinutes();
  return [
    {
      id: 'RecoveredEvents',
      meaning: 'Events whose webhook never arrived were recovered from MessageMedia',
      metric: reconciliation.metricRecovered(lastRun),
    },
    {
      id: 'ReconciliationFailures',
      meaning: `No reconciliation has succeeded for ${standstill} minutes`,
      ...scheduleOptions(reconciliation.function, reconciliation.every),
    },
    {
      id: 'HiddenEvents',
      meaning: 'A list of MessageMedia is full, and hides events that cannot be recovered until it is emptied',
      metric: reconciliation.metricFullLists(lastRun),
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
