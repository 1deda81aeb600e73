import { Duration, RemovalPolicy } from 'aws-cdk-lib';
import type { IKey } from 'aws-cdk-lib/aws-kms';
import { type IQueue, Queue, QueueEncryption, type QueueProps } from 'aws-cdk-lib/aws-sqs';
import { Construct } from 'constructs';
import { eventRetention } from '../event-queue.ts';

/** How long Lambda gathers events for one call: so that an object holds many. */
export const batchingWindow = Duration.minutes(5);

/** How long the function may take for what it was given. */
export const functionTimeout = Duration.minutes(1);

/** Tries of 11 minutes: longer than the longest outage of S3 that is known. */
const maxReceiveCount = 50;

/** What the queue can be. */
export interface ArchiveQueueProps {
  /**
   * Encrypts what is in the queue.
   * @default - a key of SQS, at no charge
   */
  encryptionKey?: IKey | undefined;
}

/** The queue of events that no stream took, and the dead-letter queue behind it. Both outlive the stack: they hold data. */
export class ArchiveQueue extends Construct {
  readonly queue: IQueue;
  /** Events that could not be archived in nine hours, and messages that are no events. */
  readonly deadLetterQueue: IQueue;

  constructor(scope: Construct, id: string, { encryptionKey }: ArchiveQueueProps) {
    super(scope, id);
    const common: QueueProps = {
      encryption: encryptionKey ? QueueEncryption.KMS : QueueEncryption.SQS_MANAGED,
      encryptionMasterKey: encryptionKey,
      enforceSSL: true,
      retentionPeriod: eventRetention,
      maxMessageSizeBytes: 1_048_576,
      removalPolicy: RemovalPolicy.RETAIN,
    };
    this.deadLetterQueue = new Queue(this, 'DeadLetters', common);
    this.queue = new Queue(this, 'Events', {
      ...common,
      // What Lambda asks for: six times as long as the function may take, and the window.
      visibilityTimeout: Duration.minutes(6 * functionTimeout.toMinutes() + batchingWindow.toMinutes()),
      deadLetterQueue: { queue: this.deadLetterQueue, maxReceiveCount },
    });
  }
}
