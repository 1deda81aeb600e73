import { Duration } from 'aws-cdk-lib';
import { type IQueue, Queue } from 'aws-cdk-lib/aws-sqs';
import { Construct } from 'constructs';
import { type EncryptionOptions, eventQueueProps } from '../data-stores.ts';

/** How long Lambda collects events for one call, so that an object holds many. */
export const batchingWindow = Duration.minutes(5);

/** How long a call of the function may take. */
export const functionTimeout = Duration.minutes(1);

/** Tries of 11 minutes each. Together they are longer than the longest known outage of S3. */
const maxReceiveCount = 50;

/** The queue of events that no stream accepted, and its dead-letter queue. Both stay when the stack is deleted. */
export class ArchiveQueue extends Construct {
  readonly queue: IQueue;
  /** Events that could not be archived in nine hours, and messages that are not events. */
  readonly deadLetterQueue: IQueue;

  constructor(scope: Construct, id: string, { encryptionKey }: EncryptionOptions) {
    super(scope, id);
    const common = eventQueueProps(encryptionKey);
    this.deadLetterQueue = new Queue(this, 'DeadLetters', common);
    this.queue = new Queue(this, 'Events', {
      ...common,
      // As Lambda recommends: six times the timeout of the function, plus the batching window.
      visibilityTimeout: Duration.minutes(6 * functionTimeout.toMinutes() + batchingWindow.toMinutes()),
      deadLetterQueue: { queue: this.deadLetterQueue, maxReceiveCount },
    });
  }
}
