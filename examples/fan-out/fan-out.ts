import { fileURLToPath } from 'node:url';
import { Duration } from 'aws-cdk-lib';
import { TreatMissingData } from 'aws-cdk-lib/aws-cloudwatch';
import type { IKey } from 'aws-cdk-lib/aws-kms';
import { Architecture, EventSourceMapping, type IFunction, Runtime } from 'aws-cdk-lib/aws-lambda';
import { NodejsFunction, OutputFormat } from 'aws-cdk-lib/aws-lambda-nodejs';
import type { ILogGroup, RetentionDays } from 'aws-cdk-lib/aws-logs';
import {
  type CfnTopic,
  FifoThroughputScope,
  FilterOrPolicy,
  type ITopic,
  type Subscription,
  SubscriptionFilter,
  Topic,
} from 'aws-cdk-lib/aws-sns';
import { SqsSubscription } from 'aws-cdk-lib/aws-sns-subscriptions';
import type { IQueue } from 'aws-cdk-lib/aws-sqs';
import { Construct } from 'constructs';
import type { WebhookEvent } from 'messagemedia-webhook-receiver/events';
import { createAlarm, failures, type Watch } from '../alarms.ts';
import { createLog } from '../event-consumer.ts';
import { maxPublishBytes } from './forward.ts';
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
  /** The readers by their names. */
  readers: Record<string, Reader>;
  /** Encrypts the readers' queues. It must be a key of this app, because its policy must let SNS use it. @default - a key of SQS */
  encryptionKey?: IKey;
  /** Batches that are forwarded at the same time, 2 to 1,000, as for a consumer. @default 2 */
  maxConcurrency?: number;
  /** How long the log of the function is kept. @default RetentionDays.ONE_MONTH */
  logRetention?: RetentionDays;
  /** SNS topic that is notified when an alarm goes off and when it ends. @default - nobody is notified until you add an action */
  alarmTopic?: ITopic;
}

/** Gives each of several readers every event, or events of some types, in its own queue: the same message, in order. */
export class FanOut extends Construct {
  /** The readers' queues by the readers' names. */
  readonly readers: Readonly<Record<string, ReaderQueue>>;

  /** The log of the function that forwards. */
  readonly logGroup: ILogGroup;

  /** @throws {Error} when the queue is not a FIFO queue */
  constructor(scope: Construct, id: string, props: FanOutProps) {
    super(scope, id);
    const { queue, readers, encryptionKey, maxConcurrency = 2, alarmTopic } = props;
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
    // All that the queue holds fits. Without this it takes 256 KiB. The L2 construct has no such property.
    (topic.node.defaultChild as CfnTopic).maximumMessageSize = maxPublishBytes;
    const subscriptions: Subscription[] = [];
    this.readers = Object.fromEntries(
      Object.entries(readers).map(([name, { types }]) => {
        const own = new ReaderQueue(this, name, { encryptionKey, alarmTopic });
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

    this.logGroup = createLog(this, props.logRetention);
    const forwarder = new NodejsFunction(this, 'Forwarder', {
      entry: fileURLToPath(new URL('handler.ts', import.meta.url)),
      description: 'Forwards MessageMedia events to several readers',
      runtime: Runtime.NODEJS_24_X,
      architecture: Architecture.ARM_64,
      memorySize: 512,
      timeout: Duration.seconds(30),
      logGroup: this.logGroup,
      environment: { TOPIC_ARN: topic.topicArn },
      bundling: { format: OutputFormat.ESM, mainFields: ['module', 'main'], bundleAwsSDK: true, minify: true },
    });
    topic.grantPublish(forwarder);
    queue.grantConsumeMessages(forwarder);
    const source = new EventSourceMapping(this, 'Source', {
      target: forwarder,
      eventSourceArn: queue.queueArn,
      batchSize: 10,
      reportBatchItemFailures: true,
      maxConcurrency,
    });
    // Lambda checks whether the role may receive, and a topic drops messages that arrive before there is a subscription.
    source.node.addDependency(forwarder, ...subscriptions);
    // In a place of their own, because readers can have any name.
    const alarms = new Construct(this, 'Alarms');
    for (const watch of watches(topic, forwarder)) createAlarm(alarms, watch, alarmTopic);
  }
}

/** What goes wrong on the way to the readers. That the function does not run at all, the receiver's own alarms say. */
function watches(topic: Topic, forwarder: IFunction): Watch[] {
  // Lambda counts zero failures in an invocation that has none. Until there is one, nothing is known.
  const options = { treatMissingData: TreatMissingData.IGNORE };
  return [
    {
      id: 'Errors',
      meaning: 'The function that forwards events crashed, or SNS accepted none of a batch: read its log',
      metric: forwarder.metricErrors(failures),
      options,
    },
    {
      id: 'Throttles',
      meaning: 'Lambda had no concurrency left to forward events. The receiver may have none either',
      metric: forwarder.metricThrottles(failures),
      options,
    },
    {
      id: 'Undelivered',
      meaning: "SNS could not deliver some events to a reader's queue: look for them in the readers' dead letters",
      metric: topic.metricNumberOfNotificationsFailed(failures),
    },
    {
      id: 'Lost',
      meaning:
        'A reader did not get some events, and its dead-letter queue did not take them either: replay them from the archive',
      metric: topic.metric('NumberOfNotificationsFailedToRedriveToDlq', failures),
    },
    {
      id: 'Unfiltered',
      meaning: 'SNS could not read the type of some events, so readers with types did not get them',
      metric: topic.metric('NumberOfNotificationsFilteredOut-InvalidMessageBody', failures),
    },
  ];
}
