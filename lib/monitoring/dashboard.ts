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
import type { IFunction } from 'aws-cdk-lib/aws-lambda';
import type { Construct } from 'constructs';
import { metrics } from '../../lambda/contract.ts';
import type { Archive } from '../archive/archive.ts';
import type { KeyRotation } from '../key-rotation.ts';
import type { Reconciliation } from '../reconciliation.ts';
import type { WebhookReceiver } from '../webhook-receiver.ts';

/** Contents of the dashboard. */
export interface WebhookDashboardProps {
  receiver: WebhookReceiver;
  /**
   * Adds its failures and runs.
   * @default - rotation is not on the dashboard
   */
  rotation?: KeyRotation;
  /**
   * Adds its runs and the recovered events.
   * @default - reconciliation is not on the dashboard
   */
  reconciliation?: Reconciliation;
  alarms: readonly Alarm[];
}

const red = '#d62728';
const orange = '#ff7f0e';
const green = '#2ca02c';

/** A day on one screen: alarms, numbers of webhooks, reasons for refusals and failures, the queue, and response times. */
export class WebhookDashboard extends Dashboard {
  constructor(scope: Construct, id: string, props: WebhookDashboardProps) {
    super(scope, id, { defaultInterval: Duration.days(1) });
    const { receiver, alarms } = props;
    this.addWidgets(new AlarmStatusWidget({ title: 'Alarms', width: 24, height: 4, alarms: [...alarms] }));
    this.addWidgets(...totals(receiver));
    this.addWidgets(...webhooks(receiver));
    this.addWidgets(...queue(receiver));
    this.addWidgets(...operation(receiver));
    const background = [...reconciling(props), ...rotating(props)];
    if (background.length > 0) this.addWidgets(...background);
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
    new SingleValueWidget({ title: 'Events now', width: 12, height: 4, metrics: eventCounts(receiver) }),
  ];
}

function eventCounts({ queue, deadLetterQueue }: WebhookReceiver): IMetric[] {
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
  return [
    graph('Webhooks', outcomes(receiver), { stacked: true, width: 8 }),
    graph('Refused, by reason', [byReason(receiver, metrics.refused)], { stacked: true, width: 8 }),
    graph('Failed, by reason', [byReason(receiver, metrics.failed)], { stacked: true, width: 8 }),
  ];
}

function byReason({ service }: WebhookReceiver, metric: string): MathExpression {
  const search = `{${metrics.namespace},reason,service} MetricName="${metric}" service="${service}"`;
  return new MathExpression({ expression: `SEARCH('${search}', 'Sum', 300)`, usingMetrics: {}, label: '' });
}

/** What consumers leave in the queue. The stack does not know more of them. */
function queue(receiver: WebhookReceiver): IWidget[] {
  const statistic = Stats.MAXIMUM;
  const { queue: events, deadLetterQueue } = receiver;
  const inFlight = events.metricApproximateNumberOfMessagesNotVisible({ statistic, label: 'with a consumer' });
  return [
    graph('Events in the queue', [...eventCounts(receiver), inFlight], { width: 8 }),
    graph(
      'Events sent to the queue, and handled by consumers',
      [
        events.metricNumberOfMessagesSent({ statistic: Stats.SUM, label: 'sent' }),
        events.metricNumberOfMessagesDeleted({ statistic: Stats.SUM, label: 'handled', color: green }),
      ],
      { width: 8 },
    ),
    graph(
      'Age of the oldest event, s',
      [
        events.metricApproximateAgeOfOldestMessage({ statistic, label: 'in the queue' }),
        ...(deadLetterQueue
          ? [deadLetterQueue.metricApproximateAgeOfOldestMessage({ statistic, label: 'dead letter', color: red })]
          : []),
      ],
      { width: 8 },
    ),
  ];
}

function operation(receiver: WebhookReceiver): IWidget[] {
  const { frontDoor, function: handler } = receiver;
  return [
    graph(
      'Response time, ms',
      [
        frontDoor.api.metricLatency({ statistic: 'p50', label: 'answer, 50%' }),
        frontDoor.api.metricLatency({ statistic: 'p99', label: 'answer, 99%' }),
        handler.metricDuration({ statistic: 'p99', label: 'function, 99%' }),
      ],
      { width: 6 },
    ),
    graph(
      'Signature to arrival, s, of accepted webhooks',
      [receiver.metricAge({ statistic: 'p99', label: '99%' }), receiver.metricAge({ label: 'latest' })],
      { width: 6 },
    ),
    graph(
      'Answers 5xx, and what causes them',
      [
        frontDoor.api.metricServerError({ statistic: Stats.SUM, label: 'answers 5xx', color: red }),
        handler.metricErrors({ label: 'function errors' }),
        handler.metricThrottles({ label: 'function throttles' }),
        receiver.metricEnqueueFailed({ label: 'not queued' }),
        receiver.metricStorageFailed({ label: 'not stored' }),
        receiver.metricKeyringLoadFailed({ label: 'keyring unreadable' }),
      ],
      { width: 6 },
    ),
    graph(
      'Signed but refused, and events without ids or payload',
      [
        receiver.metricSignedRefused({ label: 'signed but refused', color: red }),
        receiver.metricUnidentified({ label: 'without ids' }),
        receiver.metricUnreadable({ label: 'not the JSON that they should be' }),
      ],
      { width: 6 },
    ),
  ];
}

function reconciling({ reconciliation }: WebhookDashboardProps): IWidget[] {
  if (!reconciliation) return [];
  return [
    graph('Reconciliation', [
      reconciliation.metricRecovered({ label: 'recovered events', color: orange }),
      reconciliation.metricFullLists({ label: 'full lists' }),
      ...runs(reconciliation.function),
    ]),
  ];
}

function rotating({ rotation }: WebhookDashboardProps): IWidget[] {
  if (!rotation) return [];
  return [
    graph('Rotation', [rotation.metricFailed({ label: 'failed or late', color: orange }), ...runs(rotation.function)]),
  ];
}

function runs(runsOf: IFunction): IMetric[] {
  return [
    runsOf.metricInvocations({ statistic: Stats.SUM, label: 'runs', color: green }),
    runsOf.metricErrors({ statistic: Stats.SUM, label: 'failed runs', color: red }),
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

function graph(title: string, left: IMetric[], options: { stacked?: boolean; width?: number } = {}): IWidget {
  const leftYAxis = { min: 0, showUnits: false };
  return new GraphWidget({
    title,
    left,
    leftYAxis,
    width: 12,
    height: 6,
    legendPosition: LegendPosition.BOTTOM,
    ...options,
  });
}
