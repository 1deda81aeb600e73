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
   * @default - docs/operations.md of this version: a link if package.json has a `homepage`, else its name
   */
  runbookUrl?: string | undefined;
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
