import { Duration } from 'aws-cdk-lib';
import { DeduplicationScope, FifoThroughputLimit, type IQueue, Queue, type QueueProps } from 'aws-cdk-lib/aws-sqs';
import { Construct } from 'constructs';
import { type EncryptionOptions, eventQueueProps } from './data-stores.ts';

/** Options of an event queue. */
export interface EventQueueProps extends EncryptionOptions {
  /**
   * `fifo` keeps the events of a message in order and drops repetitions; `standard` does neither.
   * @default fifo
   */
  readonly ordering?: 'fifo' | 'standard';
}

/** Six times the 30 s that a consumer has, as AWS advises for Lambda. */
const visibilityTimeout = Duration.minutes(3);

/**
 * At least 10 hours of tries, so that an outage of what a consumer needs is over before. The consumers of `examples/`, which
 * wait longer and longer, give up after 16 hours.
 */
const maxReceiveCount = 200;

/** The queue of verified events and its dead-letter queue. Both stay when the stack is deleted, because they hold data. */
export class EventQueue extends Construct {
  readonly queue: IQueue;
  /** Events that no consumer could handle in 200 tries. */
  readonly deadLetterQueue: IQueue;

  constructor(scope: Construct, id: string, { ordering = 'fifo', encryptionKey }: EventQueueProps = {}) {
    super(scope, id);
    const common: QueueProps = {
      ...eventQueueProps(encryptionKey),
      ...(ordering === 'fifo' && {
        fifo: true,
        deduplicationScope: DeduplicationScope.MESSAGE_GROUP,
        fifoThroughputLimit: FifoThroughputLimit.PER_MESSAGE_GROUP_ID,
      }),
    };
    this.deadLetterQueue = new Queue(this, 'DeadLetters', common);
    this.queue = new Queue(this, 'Events', {
      ...common,
      visibilityTimeout,
      deadLetterQueue: { queue: this.deadLetterQueue, maxReceiveCount },
    });
  }
}
