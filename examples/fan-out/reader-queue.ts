import { Duration, RemovalPolicy } from 'aws-cdk-lib';
import { Alarm, ComparisonOperator, Stats, TreatMissingData } from 'aws-cdk-lib/aws-cloudwatch';
import type { IKey } from 'aws-cdk-lib/aws-kms';
import { DeduplicationScope, FifoThroughputLimit, Queue, QueueEncryption, type QueueProps } from 'aws-cdk-lib/aws-sqs';
import { Construct } from 'constructs';

/** Options of a reader's queue. */
export interface ReaderQueueProps {
  /** Encrypts the messages. @default - a key of SQS, at no charge */
  encryptionKey?: IKey | undefined;
}

/**
 * One reader's queue and dead-letter queue, configured like the receiver's own. Both stay when the stack is deleted,
 * because they hold data.
 */
export class ReaderQueue extends Construct {
  readonly queue: Queue;
  /** Events that the reader could not handle in 5 tries, and those that SNS could not deliver. */
  readonly deadLetterQueue: Queue;
  /** Goes off when there are dead letters. It notifies nobody until you add an action. */
  readonly deadLetterAlarm: Alarm;

  constructor(scope: Construct, id: string, { encryptionKey }: ReaderQueueProps = {}) {
    super(scope, id);
    const common: QueueProps = {
      encryption: encryptionKey ? QueueEncryption.KMS : QueueEncryption.SQS_MANAGED,
      ...(encryptionKey && { encryptionMasterKey: encryptionKey }),
      enforceSSL: true,
      retentionPeriod: Duration.days(14),
      removalPolicy: RemovalPolicy.RETAIN_ON_UPDATE_OR_DELETE,
      fifo: true,
      deduplicationScope: DeduplicationScope.MESSAGE_GROUP,
      fifoThroughputLimit: FifoThroughputLimit.PER_MESSAGE_GROUP_ID,
    };
    this.deadLetterQueue = new Queue(this, 'DeadLetters', common);
    this.queue = new Queue(this, 'Events', {
      ...common,
      visibilityTimeout: Duration.minutes(3),
      deadLetterQueue: { queue: this.deadLetterQueue, maxReceiveCount: 5 },
    });
    this.deadLetterAlarm = new Alarm(this, 'DeadLetterAlarm', {
      alarmDescription: `${id} could not handle some events`,
      metric: this.deadLetterQueue.metricApproximateNumberOfMessagesVisible({ statistic: Stats.MAXIMUM }),
      threshold: 1,
      evaluationPeriods: 1,
      comparisonOperator: ComparisonOperator.GREATER_THAN_OR_EQUAL_TO_THRESHOLD,
      treatMissingData: TreatMissingData.NOT_BREACHING,
    });
  }
}
