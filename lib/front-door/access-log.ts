import { AccessLogFormat } from 'aws-cdk-lib/aws-apigateway';
import type { Metric, MetricOptions } from 'aws-cdk-lib/aws-cloudwatch';
import { FilterPattern, type ILogGroup, MetricFilter } from 'aws-cdk-lib/aws-logs';
import { Construct } from 'constructs';
import { metrics } from '../../lambda/contract.ts';
import { serviceMetric } from '../service.ts';

/** Properties of an access log. */
export interface AccessLogProps {
  readonly logGroup: ILogGroup;
  /** Name of the receiver in its metrics. */
  readonly service: string;
}

/**
 * API Gateway's log entry for each request: its time, its answer, and how long it took. The entry holds no personal data:
 * no address of the caller, no user agent, no query, and the route instead of the path, because a path can hold anything.
 */
export class AccessLog extends Construct {
  readonly logGroup: ILogGroup;
  readonly #service: string;

  constructor(scope: Construct, id: string, { logGroup, service }: AccessLogProps) {
    super(scope, id);
    this.logGroup = logGroup;
    this.#service = service;
    new MetricFilter(this, 'Throttled', {
      logGroup,
      filterPattern: FilterPattern.stringValue('$.status', '=', '429'),
      metricNamespace: metrics.namespace,
      metricName: metrics.throttled,
      dimensions: { service: '$.service' },
    });
  }

  /** The format of an entry. @param route the variable of API Gateway that has the route */
  formatWith(route: '$context.routeKey' | '$context.resourcePath'): AccessLogFormat {
    const entry = {
      service: this.#service,
      // The function writes the same id to its own log.
      requestId: '$context.requestId',
      method: '$context.httpMethod',
      route,
      status: '$context.status',
      responseLatency: '$context.responseLatency',
      integrationStatus: '$context.integrationStatus',
      error: '$context.integrationErrorMessage $context.error.message',
    };
    return AccessLogFormat.custom(JSON.stringify(entry));
  }

  /** Requests that API Gateway answered with a 429 because there were too many. */
  metricThrottled(options?: MetricOptions): Metric {
    return serviceMetric(this.#service, metrics.throttled, options);
  }
}
