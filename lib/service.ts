import { Stack } from 'aws-cdk-lib';
import { Metric, type MetricOptions, Stats } from 'aws-cdk-lib/aws-cloudwatch';
import type { Construct } from 'constructs';
import { metrics } from '../lambda/contract.ts';

/** Name in log and metrics: the construct's path, with the stack's name in place of its id. It is unique in an account and region. */
export function serviceOf(construct: Construct): string {
  const stack = Stack.of(construct);
  return `${stack.stackName}${construct.node.path.slice(stack.node.path.length)}`;
}

/** A metric of our own functions, as a sum. */
export function serviceMetric(
  service: string,
  metricName: string,
  options?: MetricOptions,
  dimensions?: Record<string, string>,
): Metric {
  const dimensionsMap = { service, ...dimensions };
  return new Metric({ namespace: metrics.namespace, metricName, dimensionsMap, statistic: Stats.SUM, ...options });
}
