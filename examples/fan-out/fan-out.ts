import { fileURLToPath } from 'node:url';
import { Duration } from 'aws-cdk-lib';
import { Grant } from 'aws-cdk-lib/aws-iam';
import type { IKey } from 'aws-cdk-lib/aws-kms';
import { Architecture, EventSourceMapping, Runtime } from 'aws-cdk-lib/aws-lambda';
import { NodejsFunction, OutputFormat } from 'aws-cdk-lib/aws-lambda-nodejs';
import type { IBucket } from 'aws-cdk-lib/aws-s3';
import { FifoThroughputScope, FilterOrPolicy, type Subscription, SubscriptionFilter, Topic } from 'aws-cdk-lib/aws-sns';
import { SqsSubscription } from 'aws-cdk-lib/aws-sns-subscriptions';
import type { IQueue } from 'aws-cdk-lib/aws-sqs';
import { Construct } from 'constructs';
import type { WebhookEvent } from 'messagemedia-webhook-receiver/events';
import { ReaderQueue } from './reader-queue.ts';

/** A system that reads events from a queue of its own. */
export interface Reader {
  /** Types of the events that it gets. @default - all events */
  types?: readonly WebhookEvent['type'][];
}

/** Properties of a fan-out. */
export interface FanOutProps {
  /** The FIFO queue of verified events. It must have no other consumer. */
  queue: IQueue;
  /** The stack's bucket for the data of large events. It also gets the data of events that are too large for SNS. */
  overflowBucket: IBucket;
  /** The readers by their names. */
  readers: Record<string, Reader>;
  /** Encrypts the readers' queues. It must be a key of this app, because its policy must let SNS use it. @default - a key of SQS */
  encryptionKey?: IKey;
}

/** Gives each of several readers every event, or events of some types, in its own queue: the same message, in order. */
export class FanOut extends Construct {
  /** The readers' queues by the readers' names. */
  readonly readers: Readonly<Record<string, ReaderQueue>>;

  /** @throws {Error} when the queue is not a FIFO queue */
  constructor(scope: Construct, id: string, { queue, overflowBucket, readers, encryptionKey }: FanOutProps) {
    super(scope, id);
    if (!queue.fifo)
      throw new Error(
        `${queue.node.path} is not a FIFO queue: a fan-out needs one, because it keeps the order of events`,
      );
    const topic = new Topic(this, 'Topic', {
      fifo: true,
      // As in the queues: events about different messages do not wait for each other.
      fifoThroughputScope: FifoThroughputScope.MESSAGE_GROUP,
      enforceSSL: true,
    });
    const subscriptions: Subscription[] = [];
    this.readers = Object.fromEntries(
      Object.entries(readers).map(([name, { types }]) => {
        const own = new ReaderQueue(this, name, { encryptionKey });
        const subscription = topic.addSubscription(
          new SqsSubscription(own.queue, {
            rawMessageDelivery: true,
            // For events that SNS cannot deliver, because somebody deleted the queue or changed its policy.
            deadLetterQueue: own.deadLetterQueue,
            ...(types && {
              filterPolicyWithMessageBody: {
                type: FilterOrPolicy.filter(SubscriptionFilter.stringFilter({ allowlist: [...types] })),
              },
            }),
          }),
        );
        subscriptions.push(subscription);
        return [name, own];
      }),
    );

    const forwarder = new NodejsFunction(this, 'Forwarder', {
      entry: fileURLToPath(new URL('handler.ts', import.meta.url)),
      description: 'Forwards MessageMedia events to several readers',
      runtime: Runtime.NODEJS_24_X,
      architecture: Architecture.ARM_64,
      memorySize: 512,
      timeout: Duration.seconds(30),
      environment: { TOPIC_ARN: topic.topicArn, OVERFLOW_BUCKET: overflowBucket.bucketName },
      bundling: { format: OutputFormat.ESM, mainFields: ['module', 'main'], bundleAwsSDK: true, minify: true },
    });
    topic.grantPublish(forwarder);
    const resourceArns = [overflowBucket.arnForObjects('*')];
    Grant.addToPrincipal({ grantee: forwarder, actions: ['s3:PutObject'], resourceArns });
    overflowBucket.encryptionKey?.grant(forwarder, 'kms:GenerateDataKey');
    queue.grantConsumeMessages(forwarder);
    const source = new EventSourceMapping(this, 'Source', {
      target: forwarder,
      eventSourceArn: queue.queueArn,
      batchSize: 10,
      reportBatchItemFailures: true,
    });
    // Lambda checks whether the role may receive, and a topic drops messages that arrive before there is a subscription.
    source.node.addDependency(forwarder, ...subscriptions);
  }
}
