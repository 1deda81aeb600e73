import type { Duration } from 'aws-cdk-lib';
import type { ITopic } from 'aws-cdk-lib/aws-sns';
import type { KeyRotation } from '../key-rotation.ts';
import type { Reconciliation } from '../reconciliation.ts';
import type { WebhookReceiver } from '../webhook-receiver.ts';

/** What is watched, and who is told. */
export interface MonitoringProps {
  /** Watched with its queue and its dead-letter queue. */
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
   * Told when an alarm goes off and when it is over.
   * @default - nobody is told
   */
  alarmTopic?: ITopic;
  /**
   * Alarm after this long without an accepted webhook, at most a day.
   * @default - no such alarm
   */
  silence?: Duration;
  /**
   * Page that says what to do about each alarm, in a section of the alarm's name.
   * @default - docs/operations.md of this version: a link once package.json has a `homepage`, until then its name
   */
  runbookUrl?: string | undefined;
}
