import { Alarm, type AlarmProps, ComparisonOperator, type IMetric, TreatMissingData } from 'aws-cdk-lib/aws-cloudwatch';
import type { Construct } from 'constructs';

/** What an alarm watches: a metric that should stay below 1, unless `options` say otherwise. */
export interface Watch {
  id: string;
  meaning: string;
  metric: IMetric;
  options?: Partial<AlarmProps>;
  /** Anchor of the section of the runbook. @default - the words of the id, with hyphens between them */
  section?: string;
}

/**
 * What counts failures has no data while all is well, so missing data means that all is well.
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
    treatMissingData: TreatMissingData.NOT_BREACHING,
    ...options,
  });
}
