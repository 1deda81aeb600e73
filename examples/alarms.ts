import { Duration } from 'aws-cdk-lib';
import {
  Alarm,
  type AlarmProps,
  ComparisonOperator,
  type IMetric,
  Stats,
  TreatMissingData,
} from 'aws-cdk-lib/aws-cloudwatch';
import { SnsAction } from 'aws-cdk-lib/aws-cloudwatch-actions';
import type { ITopic } from 'aws-cdk-lib/aws-sns';
import type { Construct } from 'constructs';

/** What an alarm watches: a metric that should stay below 1, unless `options` say otherwise. */
export interface Watch {
  id: string;
  meaning: string;
  metric: IMetric;
  options?: Partial<AlarmProps>;
}

const period = Duration.minutes(5);

/** How a metric that counts failures is read. */
export const failures = { statistic: Stats.SUM, period };

/** How a metric that is a level is read. */
export const highest = { statistic: Stats.MAXIMUM, period };

/** @param topic is notified when the alarm goes off and when it ends. @default - nobody is notified until you add an action */
export function createAlarm(
  scope: Construct,
  { id, meaning, metric, options }: Watch,
  topic: ITopic | undefined,
): Alarm {
  const alarm = new Alarm(scope, id, {
    alarmDescription: meaning,
    metric,
    threshold: 1,
    evaluationPeriods: 1,
    comparisonOperator: ComparisonOperator.GREATER_THAN_OR_EQUAL_TO_THRESHOLD,
    treatMissingData: TreatMissingData.NOT_BREACHING,
    ...options,
  });
  if (topic) {
    const action = new SnsAction(topic);
    alarm.addAlarmAction(action);
    alarm.addOkAction(action);
  }
  return alarm;
}
