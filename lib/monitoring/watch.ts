import { Duration } from 'aws-cdk-lib';
import {
  Alarm,
  type AlarmProps,
  ComparisonOperator,
  type IMetric,
  MathExpression,
  Stats,
  TreatMissingData,
} from 'aws-cdk-lib/aws-cloudwatch';
import type { IFunction } from 'aws-cdk-lib/aws-lambda';
import type { ITopic } from 'aws-cdk-lib/aws-sns';
import type { IQueue } from 'aws-cdk-lib/aws-sqs';
import type { Construct } from 'constructs';
import type { KeyRotation } from '../key-rotation.ts';
import type { Reconciliation } from '../reconciliation.ts';
import type { WebhookReceiver } from '../webhook-receiver.ts';

/** What to watch, and whom to notify. */
export interface MonitoringProps {
  /** The receiver to watch, with its queue and its dead-letter queue. */
  receiver: WebhookReceiver;
  /**
   * The rotation to watch.
   * @default - no alarm on rotation
   */
  rotation?: KeyRotation;
  /**
   * The reconciliation to watch.
   * @default - no alarm on reconciliation
   */
  reconciliation?: Reconciliation;
  /**
   * Notified when an alarm goes off and when it ends.
   * @default - nobody is notified
   */
  alarmTopic?: ITopic;
  /**
   * Alarm after this long without an accepted webhook, at most a day.
   * @default - no such alarm
   */
  silence?: Duration;
  /**
   * Page that says what to do about each alarm, in a section of the alarm's name.
   * @default - docs/operations.md of this version: a link if package.json has a `homepage`, else its name after `mmw doctor`
   */
  runbookUrl?: string | undefined;
}

/** What an alarm watches: a metric that should stay below 1, unless `options` say otherwise. */
export interface Watch {
  id: string;
  meaning: string;
  metric: IMetric;
  options?: Partial<AlarmProps>;
  /** Anchor of the section of the runbook. @default - the words of the id, with hyphens between them */
  section?: string;
  /** Whether nobody is notified when it ends, because what it is about does not end with it. @default false */
  endsSilently?: boolean;
}

/** What fails is counted over an hour. So an alarm comes at the first failure, and ends an hour after the last. */
export const failures = { statistic: Stats.SUM, period: Duration.hours(1) };

/**
 * Missing data means that nothing is known, so the alarm stays as it is: what counts failures also has a 0 from each
 * success. Where there is no 0, the expression fills it in.
 *
 * @param runbook page with a section for each alarm
 */
export function createAlarm(scope: Construct, { id, meaning, metric, options, ...watch }: Watch, runbook: string) {
  const section = watch.section ?? id.replace(/(?<=[a-z])(?=[A-Z])/g, '-').toLowerCase();
  return new Alarm(scope, id, {
    alarmDescription: `${meaning}. What to do: ${runbook}#${section}`,
    metric,
    threshold: 1,
    evaluationPeriods: 1,
    comparisonOperator: ComparisonOperator.GREATER_THAN_OR_EQUAL_TO_THRESHOLD,
    treatMissingData: TreatMissingData.IGNORE,
    ...options,
  });
}

/** A count without zeros, such as that of a log filter, as if it had them. */
export function filled(count: IMetric, period: Duration): MathExpression {
  return new MathExpression({ expression: 'FILL(count, 0)', usingMetrics: { count }, label: 'Count', period });
}

/** The least time without a run that succeeds after which an alarm goes off. A service may be down for some minutes. */
const shortestStandstill = Duration.hours(1);

/** How long no run of a schedule may succeed: two runs, and an hour. */
export function standstillOf(every: Duration): Duration {
  return Duration.minutes(periodsOf(every) * every.toMinutes());
}

function periodsOf(every: Duration): number {
  return Math.max(2, Math.ceil(shortestStandstill.toMinutes() / every.toMinutes()));
}

/** A function whose schedule must go on: that its runs fail is as bad as that there are none. */
export function scheduleOptions(runs: IFunction, every: Duration): Pick<Watch, 'metric' | 'options'> {
  const sum = { statistic: Stats.SUM };
  const metric = new MathExpression({
    expression: 'FILL(runs, 0) - FILL(failed, 0)',
    usingMetrics: { runs: runs.metricInvocations(sum), failed: runs.metricErrors(sum) },
    label: 'Runs that succeeded',
    period: every,
  });
  const options: Partial<AlarmProps> = {
    evaluationPeriods: periodsOf(every),
    comparisonOperator: ComparisonOperator.LESS_THAN_THRESHOLD,
    treatMissingData: TreatMissingData.BREACHING,
  };
  return { metric, options };
}

/**
 * That there are dead letters, and that there are more: an alarm that has gone off does not go off again. SQS does not
 * count what it moves to such a queue itself as sent, so the growth is computed.
 */
export function deadLetterWatches(name: string, meaning: string, section: string, queue: IQueue): Watch[] {
  const highest = { statistic: Stats.MAXIMUM };
  const period = Duration.minutes(5);
  // A message that somebody looks at is invisible for a while. Both together are the number of messages at any time.
  const total = new MathExpression({
    expression: 'visible + hidden',
    usingMetrics: {
      visible: queue.metricApproximateNumberOfMessagesVisible(highest),
      hidden: queue.metricApproximateNumberOfMessagesNotVisible({ statistic: Stats.MINIMUM }),
    },
    label: 'Dead letters',
    period,
  });
  const more = new MathExpression({
    // Without the first ones, which are those of the other alarm.
    expression: 'DIFF(total) * (total > DIFF(total))',
    usingMetrics: { total },
    label: 'More dead letters than before',
    period,
  });
  return [
    {
      id: `${name}DeadLetters`,
      meaning,
      metric: queue.metricApproximateNumberOfMessagesVisible({ ...highest, period: Duration.minutes(15) }),
      section,
    },
    {
      id: `${name}MoreDeadLetters`,
      meaning: `${meaning}, and there are more of them than before`,
      metric: more,
      // The difference needs a value before it.
      options: { evaluationPeriods: 3, datapointsToAlarm: 1, treatMissingData: TreatMissingData.NOT_BREACHING },
      section,
      endsSilently: true,
    },
  ];
}
