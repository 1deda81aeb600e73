import { Duration, RemovalPolicy } from 'aws-cdk-lib';
import type { Alarm } from 'aws-cdk-lib/aws-cloudwatch';
import type { IKey } from 'aws-cdk-lib/aws-kms';
import type { ITopic } from 'aws-cdk-lib/aws-sns';
import { DeduplicationScope, FifoThroughputLimit, Queue, QueueEncryption, type QueueProps } from 'aws-cdk-lib/aws-sqs';
import { Construct } from 'constructs';
import { createAlarm, highest } from '../alarms.ts';

/** Options of a reader's queue. */
export interface ReaderQueueProps {
  /** Encrypts the messages. @default - a key of SQS, at no charge */
  encryptionKey?: IKey | undefined;
  /** SNS topic that the alarm notifies. @default - none until you add an action */
  alarmTopic?: ITopic | undefined;
}

/**
 * One reader's queue and dead-letter queue, configured like the receiver's own. Both stay when the stack is deleted,
 * because they hold data.
 */
export class ReaderQueue extends Construct {
  readonly queue: Queue;
  /** Events that the reader could not handle in 200 tries, and those that SNS could not deliver. */
  readonly deadLetterQueue: Queue;
  /** Goes off when there are dead letters. */
  readonly deadLetterAlarm: Alarm;

  constructor(scope: Construct, id: string, { encryptionKey, alarmTopic }: ReaderQueueProps = {}) {
    super(scope, id);
    const common: QueueProps = {
      encryption: encryptionKey ? QueueEncryption.KMS : QueueEncryption.SQS_MANAGED,
      ...(encryptionKey && { encryptionMasterKey: encryptionKey }),
      enforceSSL: true,
      retentionPeriod: Duration.days(14),
      maxMessageSizeBytes: 1_048_576,
      removalPolicy: RemovalPolicy.RETAIN_ON_UPDATE_OR_DELETE,
      fifo: true,
      deduplicationScope: DeduplicationScope.MESSAGE_GROUP,
      fifoThroughputLimit: FifoThroughputLimit.PER_MESSAGE_GROUP_ID,
    };
    this.deadLetterQueue = new Queue(this, 'DeadLetters', common);
    this.queue = new Queue(this, 'Events', {
      ...common,
      visibilityTimeout: Duration.minutes(3),
      deadLetterQueue: { queue: this.deadLetterQueue, maxReceiveCount: 200 },
    });
    const metric = this.deadLetterQueue.metricApproximateNumberOfMessagesVisible(highest);
    const meaning = `${id} could not handle some events, or SNS could not deliver them`;
    this.deadLetterAlarm = createAlarm(this, { id: 'DeadLetterAlarm', meaning, metric }, alarmTopic);
  }
}
