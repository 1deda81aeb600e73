import { Duration } from 'aws-cdk-lib';
import { ComparisonOperator, type IMetric, MathExpression, Stats } from 'aws-cdk-lib/aws-cloudwatch';
import { failures, filled, type MonitoringProps, type Watch } from './watch.ts';

/** In a day. Only MessageMedia knows the URL, so unsigned requests are rare until something is wrong. */
const manyUnsigned = 10;

/** ACM renews a certificate 60 days before its end. If it has not 30 days later, a person must do something. */
const certificateDays = 30;

/** What can go wrong between a request and the queue. */
export function requestWatches({ receiver }: MonitoringProps): Watch[] {
  const watch = (id: string, meaning: string, metric: IMetric): Watch => ({ id, meaning, metric });
  const throttled = filled(receiver.metricThrottled(), failures.period);
  return [
    watch('ServerErrors', 'Requests were answered with a 5xx', receiver.frontDoor.metricServerError(failures)),
    watch('EnqueueFailures', 'Verified webhooks could not be queued', receiver.metricEnqueueFailed(failures)),
    watch(
      'StorageFailures',
      'The data of large events could not be put into S3',
      receiver.metricStorageFailed(failures),
    ),
    watch('KeyringFailures', 'The keyring could not be read', receiver.metricKeyringLoadFailed(failures)),
    watch('RefusedWebhooks', 'Requests with a signature were refused', receiver.metricSignedRefused(failures)),
    unsignedWatch(receiver),
    watch('RequestThrottles', 'API Gateway throttled requests (429)', throttled),
    ...templateWatches(receiver),
    ...certificateWatch(receiver),
  ];
}

/** Scanners sign nothing either. So a single unsigned request counts only if no webhook came on the same day. */
function unsignedWatch(receiver: MonitoringProps['receiver']): Watch {
  const metric = new MathExpression({
    expression: `FILL(unsigned, 0) + ${manyUnsigned} * (FILL(unsigned, 0) > 0) * (FILL(accepted, 0) < 1)`,
    usingMetrics: { unsigned: receiver.metricRefused('unsigned'), accepted: receiver.metricAccepted() },
    label: 'Unsigned',
    period: Duration.days(1),
  });
  const meaning = `Within a day at least ${manyUnsigned} requests were unsigned, or all were`;
  return { id: 'UnsignedRequests', meaning, metric, options: { threshold: manyUnsigned } };
}

/** With a wrong template every event is like this, and nothing is lost. So the alarm stays for two days after the last. */
function templateWatches(receiver: MonitoringProps['receiver']): Watch[] {
  const watch = (id: string, meaning: string, metric: IMetric): Watch => ({
    id,
    meaning: `Webhooks were queued ${meaning}`,
    metric: filled(metric, Duration.days(1)),
    options: { evaluationPeriods: 2, datapointsToAlarm: 1 },
  });
  const unidentified = 'without their ids, because their template was not rendered';
  const unreadable = 'that should be JSON and are not, so consumers get no payload';
  return [
    watch('UnidentifiedEvents', unidentified, receiver.metricUnidentified()),
    watch('UnreadableEvents', unreadable, receiver.metricUnreadable()),
  ];
}

/** ACM stops the metric when the certificate has ended. Then the alarm stays on, because missing data changes nothing. */
function certificateWatch({ certificate }: MonitoringProps['receiver']): Watch[] {
  if (!certificate) return [];
  return [
    {
      id: 'CertificateExpiry',
      meaning: `The certificate of the domain ends in less than ${certificateDays} days`,
      metric: certificate.metricDaysToExpiry({ statistic: Stats.MINIMUM, period: Duration.days(1) }),
      options: { threshold: certificateDays, comparisonOperator: ComparisonOperator.LESS_THAN_THRESHOLD },
    },
  ];
}
