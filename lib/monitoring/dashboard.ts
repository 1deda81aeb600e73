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
import type { WebhookReceiver } from '../webhook-receiver.ts';
import type { MonitoringProps } from './watch.ts';

const red = '#d62728';
const orange = '#ff7f0e';
const green = '#2ca02c';

const sum = Stats.SUM;
const highest = { statistic: Stats.MAXIMUM };

/** A day on one screen: alarms, numbers of webhooks, reasons for refusals and failures, the queue, and response times. */
export class WebhookDashboard extends Dashboard {
  constructor(scope: Construct, id: string, props: MonitoringProps & { alarms: readonly Alarm[] }) {
    super(scope, id, { defaultInterval: Duration.days(1) });
    const { receiver, alarms } = props;
    const { archive } = receiver;
    const rows = [webhooks(receiver), queue(receiver), operation(receiver), background(props)];
    this.addWidgets(new AlarmStatusWidget({ title: 'Alarms', width: 24, height: 4, alarms: [...alarms] }));
    this.addWidgets(...totals(receiver));
    for (const row of [...rows, archive ? archiving(receiver, archive) : []])
      if (row.length > 0) this.addWidgets(...row);
  }
}

function totals(receiver: WebhookReceiver): IWidget[] {
  const size = { width: 12, height: 4 };
  const title = 'Webhooks in the time shown';
  return [
    new SingleValueWidget({ ...size, title, setPeriodToTimeRange: true, metrics: outcomes(receiver) }),
    new SingleValueWidget({ ...size, title: 'Events now', metrics: eventCounts(receiver) }),
  ];
}

function eventCounts({ queue, deadLetterQueue }: WebhookReceiver): IMetric[] {
  const waiting = queue.metricApproximateNumberOfMessagesVisible({ ...highest, label: 'waiting' });
  if (!deadLetterQueue) return [waiting];
  const dead = { ...highest, label: 'dead letters', color: red };
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
    graph('Webhooks', 8, outcomes(receiver), true),
    graph('Refused, by reason', 8, [byReason(receiver, metrics.refused)], true),
    graph('Failed, by reason', 8, [byReason(receiver, metrics.failed)], true),
  ];
}

function byReason({ service }: WebhookReceiver, metric: string): MathExpression {
  const search = `{${metrics.namespace},reason,service} MetricName="${metric}" service="${service}"`;
  return new MathExpression({ expression: `SEARCH('${search}', 'Sum', 300)`, usingMetrics: {}, label: '' });
}

/** What consumers leave in the queue. The stack does not know more of them. */
function queue(receiver: WebhookReceiver): IWidget[] {
  const { queue: events, deadLetterQueue } = receiver;
  const dead = { ...highest, label: 'dead letter', color: red };
  return [
    graph('Events in the queue', 8, [
      ...eventCounts(receiver),
      events.metricApproximateNumberOfMessagesNotVisible({ ...highest, label: 'with a consumer' }),
    ]),
    graph('Events sent to the queue, and handled by consumers', 8, [
      events.metricNumberOfMessagesSent({ statistic: sum, label: 'sent' }),
      events.metricNumberOfMessagesDeleted({ statistic: sum, label: 'handled', color: green }),
    ]),
    graph('Age of the oldest event, s', 8, [
      events.metricApproximateAgeOfOldestMessage({ ...highest, label: 'in the queue' }),
      ...(deadLetterQueue ? [deadLetterQueue.metricApproximateAgeOfOldestMessage(dead)] : []),
    ]),
  ];
}

function operation(receiver: WebhookReceiver): IWidget[] {
  const { frontDoor, function: handler } = receiver;
  return [
    graph('Response time, ms', 6, [
      frontDoor.metricLatency({ statistic: 'p50', label: 'answer, 50%' }),
      frontDoor.metricLatency({ statistic: 'p99', label: 'answer, 99%' }),
      handler.metricDuration({ statistic: 'p99', label: 'function, 99%' }),
    ]),
    graph('Signature to arrival, s, of accepted webhooks', 6, [
      receiver.metricAge({ statistic: 'p99', label: '99%' }),
      receiver.metricAge({ label: 'latest' }),
    ]),
    graph('Answers 5xx, and what causes them', 6, [
      frontDoor.metricServerError({ statistic: sum, label: 'answers 5xx', color: red }),
      handler.metricErrors({ label: 'function errors' }),
      handler.metricThrottles({ label: 'function throttles' }),
      receiver.metricEnqueueFailed({ label: 'not queued' }),
      receiver.metricStorageFailed({ label: 'not stored' }),
      receiver.metricKeyringLoadFailed({ label: 'keyring unreadable' }),
    ]),
    graph('Signed but refused, and events without ids or payload', 6, [
      receiver.metricSignedRefused({ label: 'signed but refused', color: red }),
      receiver.metricUnidentified({ label: 'without ids' }),
      receiver.metricUnreadable({ label: 'not the JSON that they should be' }),
    ]),
  ];
}

function background({ reconciliation, rotation }: MonitoringProps): IWidget[] {
  const widgets: IWidget[] = [];
  if (reconciliation) {
    const recovered = reconciliation.metricRecovered({ label: 'recovered events', color: orange });
    const full = reconciliation.metricFullLists({ label: 'full lists' });
    widgets.push(graph('Reconciliation', 12, [recovered, full, ...runs(reconciliation.function)]));
  }
  if (rotation) {
    const failed = rotation.metricFailed({ label: 'failed or late', color: orange });
    widgets.push(graph('Rotation', 12, [failed, ...runs(rotation.function)]));
  }
  return widgets;
}

function runs(runsOf: IFunction): IMetric[] {
  return [
    runsOf.metricInvocations({ statistic: sum, label: 'runs', color: green }),
    runsOf.metricErrors({ statistic: sum, label: 'failed runs', color: red }),
  ];
}

function archiving(receiver: WebhookReceiver, { streams, queue, deadLetterQueue }: Archive): IWidget[] {
  const dead = { ...highest, label: 'archive dead letters', color: red };
  return [
    graph('Seconds that the oldest event waits to be archived', 12, [
      ...streams.types.map((type) => streams.metricDataFreshness(type, { label: type })),
      queue.metricApproximateAgeOfOldestMessage({ ...highest, label: 'in the queue' }),
    ]),
    graph('Events that no stream took', 12, [
      receiver.metricArchiveFailed({ label: 'not archived', color: red }),
      queue.metricNumberOfMessagesSent({ label: 'queued', color: orange }),
      deadLetterQueue.metricApproximateNumberOfMessagesVisible(dead),
    ]),
  ];
}

function graph(title: string, width: number, left: IMetric[], stacked?: boolean): IWidget {
  const leftYAxis = { min: 0, showUnits: false };
  return new GraphWidget({ title, left, leftYAxis, width, height: 6, legendPosition: LegendPosition.BOTTOM, stacked });
}
