import type { Duration } from 'aws-cdk-lib';
import type { Alarm, Dashboard } from 'aws-cdk-lib/aws-cloudwatch';
import type { ITopic } from 'aws-cdk-lib/aws-sns';
import { Construct } from 'constructs';
import type { KeyRotation } from '../key-rotation.ts';
import type { Reconciliation } from '../reconciliation.ts';
import type { WebhookReceiver } from '../webhook-receiver.ts';
import { Alarms } from './alarms.ts';
import { WebhookDashboard } from './dashboard.ts';
import { SavedQueries } from './saved-queries.ts';

/** What is watched, and who is told. */
export interface MonitoringProps {
  /** Watched with its queue and its dead-letter queue. */
  receiver: WebhookReceiver;
  /**
   * Watched as well.
   * @default - no alarm on rotation
   */
  rotation?: KeyRotation;
  /**
   * Watched as well.
   * @default - no alarm on reconciliation
   */
  reconciliation?: Reconciliation;
  /**
   * Told when an alarm goes off and when it is over.
   * @default - nobody is told
   */
  alarmTopic?: ITopic;
  /**
   * Alarm after this long without an accepted webhook, at most a day.
   * @default - no such alarm
   */
  silence?: Duration;
}

/** Alarms, a dashboard and saved queries for one receiver. docs/operations.md says what to do with them. */
export class Monitoring extends Construct {
  readonly alarms: readonly Alarm[];
  readonly dashboard: Dashboard;

  constructor(scope: Construct, id: string, props: MonitoringProps) {
    super(scope, id);
    this.alarms = new Alarms(this, 'Alarms', props).all;
    this.dashboard = new WebhookDashboard(this, 'Dashboard', { ...props, alarms: this.alarms });
    new SavedQueries(this, 'Queries', props);
  }
}
