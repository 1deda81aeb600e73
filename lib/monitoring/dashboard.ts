import { Duration } from 'aws-cdk-lib';
import {
  type Alarm,
  AlarmStatusWidget,
  Dashboard,
  GraphWidget,
  type IMetric,
  type IWidget,
  LegendPosition,
  MathExpression,
  SingleValueWidget,
  Stats,
} from 'aws-cdk-lib/aws-cloudwatch';
import type { Construct } from 'constructs';
import { metrics } from '../../lambda/contract.ts';
import type { Archive } from '../archive/archive.ts';
import type { Reconciliation } from '../reconciliation.ts';
import type { WebhookReceiver } from '../webhook-receiver.ts';

/** Contents of the dashboard. */
export interface WebhookDashboardProps {
  receiver: WebhookReceiver;
  /**
   * Adds the recovered events.
   * @default - recovered events are not on the dashboard
   */
  reconciliation?: Reconciliation;
  alarms: readonly Alarm[];
}

const red = '#d62728';
const orange = '#ff7f0e';
const green = '#2ca02c';

/** A day on one screen: alarms, numbers of webhooks, reasons for refusals, the queue, and response times. */
export class WebhookDashboard extends Dashboard {
  constructor(scope: Construct, id: string, { receiver, reconciliation, alarms }: WebhookDashboardProps) {
    super(scope, id, { defaultInterval: Duration.days(1) });
    this.addWidgets(new AlarmStatusWidget({ title: 'Alarms', width: 24, height: 3, alarms: [...alarms] }));
    this.addWidgets(...totals(receiver));
    this.addWidgets(...webhooks(receiver));
    this.addWidgets(...lateness(receiver, reconciliation));
    this.addWidgets(...operation(receiver));
    if (receiver.archive) this.addWidgets(...archiving(receiver, receiver.archive));
  }
}

function totals(receiver: WebhookReceiver): IWidget[] {
  return [
    new SingleValueWidget({
      title: 'Webhooks in the time shown',
      width: 12,
      height: 4,
      setPeriodToTimeRange: true,
      metrics: outcomes(receiver),
    }),
    new SingleValueWidget({ title: 'Events now', width: 12, height: 4, metrics: events(receiver) }),
  ];
}

function events({ queue, deadLetterQueue }: WebhookReceiver): IMetric[] {
  const statistic = Stats.MAXIMUM;
  const waiting = queue.metricApproximateNumberOfMessagesVisible({ statistic, label: 'waiting' });
  if (!deadLetterQueue) return [waiting];
  const dead = { statistic, label: 'dead letters', color: red };
  return [waiting, deadLetterQueue.metricApproximateNumberOfMessagesVisible(dead)];
}

function outcomes(receiver: WebhookReceiver): IMetric[] {
  return [
    receiver.metricAccepted({ label: 'accepted', color: green }),
    receiver.metricRefused(undefined, { label: 'refused', color: orange }),
    receiver.metricFailed(undefined, { label: 'failed', color: red }),
    receiver.metricThrottled({ label: 'throttled' }),
  ];
}

function webhooks(receiver: WebhookReceiver): IWidget[] {
  const byReason = new MathExpression({
    expression: `SEARCH('{${metrics.namespace},reason,service} MetricName="${metrics.refused}" service="${receiver.service}"', 'Sum', 300)`,
    usingMetrics: {},
    label: '',
  });
  return [
    graph('Webhooks', outcomes(receiver), { stacked: true }),
    graph('Refused, by reason', [byReason], { stacked: true }),
  ];
}

function lateness(receiver: WebhookReceiver, reconciliation: Reconciliation | undefined): IWidget[] {
  const recovered = reconciliation
    ? [
        reconciliation.metricRecovered({ label: 'recovered', color: orange }),
        reconciliation.metricFullLists({ label: 'full lists' }),
      ]
    : [];
  return [
    graph('Seconds from signature to arrival, of accepted webhooks', [
      receiver.metricAge({ statistic: 'p99', label: '99%' }),
      receiver.metricAge({ label: 'latest' }),
    ]),
    graph('Events without ids or payload, and recovered events', [
      receiver.metricUnidentified({ label: 'without ids', color: red }),
      receiver.metricUnreadable({ label: 'not the JSON that they should be' }),
      ...recovered,
    ]),
  ];
}

function operation(receiver: WebhookReceiver): IWidget[] {
  const { queue, frontDoor, function: handler } = receiver;
  const oldest = { statistic: Stats.MAXIMUM, label: 'age of the oldest event, s' };
  return [
    graph('Queue', events(receiver), { right: [queue.metricApproximateAgeOfOldestMessage(oldest)], width: 8 }),
    graph(
      'Response time, ms',
      [
        frontDoor.api.metricLatency({ statistic: 'p50', label: 'answer, 50%' }),
        frontDoor.api.metricLatency({ statistic: 'p99', label: 'answer, 99%' }),
        handler.metricDuration({ statistic: 'p99', label: 'function, 99%' }),
      ],
      { width: 8 },
    ),
    graph(
      'Failures',
      [
        frontDoor.api.metricServerError({ statistic: Stats.SUM, label: 'answers 5xx', color: red }),
        handler.metricErrors({ label: 'function errors' }),
        handler.metricThrottles({ label: 'function throttles' }),
        receiver.metricKeyringLoadFailed({ label: 'keyring unreadable' }),
      ],
      { width: 8 },
    ),
  ];
}

function archiving(receiver: WebhookReceiver, { streams, queue, deadLetterQueue }: Archive): IWidget[] {
  const statistic = Stats.MAXIMUM;
  const dead = { statistic, label: 'archive dead letters', color: red };
  return [
    graph('Seconds that the oldest event waits to be archived', [
      ...streams.types.map((type) => streams.metricDataFreshness(type, { label: type })),
      queue.metricApproximateAgeOfOldestMessage({ statistic, label: 'in the queue' }),
    ]),
    graph('Events that no stream took', [
      receiver.metricArchiveFailed({ label: 'not archived', color: red }),
      queue.metricNumberOfMessagesSent({ label: 'queued', color: orange }),
      deadLetterQueue.metricApproximateNumberOfMessagesVisible(dead),
    ]),
  ];
}

function graph(
  title: string,
  left: IMetric[],
  options: { right?: IMetric[]; stacked?: boolean; width?: number } = {},
): IWidget {
  const leftYAxis = { min: 0, showUnits: false };
  return new GraphWidget({
    title,
    left,
    leftYAxis,
    rightYAxis: leftYAxis,
    width: 12,
    height: 6,
    legendPosition: LegendPosition.BOTTOM,
    ...options,
  });
}
