import type { Duration } from 'aws-cdk-lib';
import type { ITopic } from 'aws-cdk-lib/aws-sns';
import type { KeyRotation } from '../key-rotation.ts';
import type { Reconciliation } from '../reconciliation.ts';
import type { WebhookReceiver } from '../webhook-receiver.ts';

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
