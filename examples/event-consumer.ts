import { Duration, RemovalPolicy } from 'aws-cdk-lib';
import { type Alarm, TreatMissingData } from 'aws-cdk-lib/aws-cloudwatch';
import { AttributeType, Billing, TableV2 } from 'aws-cdk-lib/aws-dynamodb';
import { Grant } from 'aws-cdk-lib/aws-iam';
import type { Function as LambdaFunction } from 'aws-cdk-lib/aws-lambda';
import { SqsEventSource, type SqsEventSourceProps } from 'aws-cdk-lib/aws-lambda-event-sources';
import { type ILogGroup, LogGroup, RetentionDays } from 'aws-cdk-lib/aws-logs';
import type { IBucket } from 'aws-cdk-lib/aws-s3';
import type { ISecret } from 'aws-cdk-lib/aws-secretsmanager';
import type { ITopic } from 'aws-cdk-lib/aws-sns';
import type { IQueue } from 'aws-cdk-lib/aws-sqs';
import { Construct } from 'constructs';
import { createAlarm, failures, highest } from './alarms.ts';

/** Properties of a consumer. */
export interface EventConsumerProps {
  /** Handles the events. Its timeout must be shorter than the queue's visibility timeout, which is three minutes. */
  function: LambdaFunction;
  /** The queue of verified events, with its KMS key if it has one. Its redrive policy says how often a failing event is retried. */
  queue: IQueue;
  /** Holds the data of events that are too large for the queue; not needed if events are never so large. */
  overflowBucket?: IBucket;
  /** Verifies every signature again with these keys. */
  keyring?: ISecret;
  /** Events that the consumer gets. All others are deleted from the queue, unseen. @default all events */
  filters?: SqsEventSourceProps['filters'];
  /**
   * Whether an event that comes out of the archive has its effect anew, once for each replay, or is skipped because it was
   * handled before. @default 'skip'
   */
  replays?: 'handle' | 'skip';
  /**
   * What becomes of an event that was fetched from MessageMedia's API and never signed. A refused one is retried, and then a
   * dead letter. @default 'handle'
   */
  polled?: 'handle' | 'refuse';
  /**
   * Batches that are handled at the same time, 2 to 1,000. Each message is a group of its own, so without a limit a
   * campaign would take the account's concurrency, which the receiver needs too. @default 2
   */
  maxConcurrency?: number;
  /** Whether somebody else has an alarm on the age of the queue's oldest event, as the receiver has on its own queue. @default false */
  isWatched?: boolean;
  /** SNS topic that is notified when an alarm goes off and when it ends. @default - nobody is notified until you add an action */
  alarmTopic?: ITopic;
}

/** Properties of a consumer whose function is there: everything but that function. */
export interface ExampleConsumerProps extends Omit<EventConsumerProps, 'function'> {
  /** How long the log is kept. @default RetentionDays.ONE_MONTH */
  logRetention?: RetentionDays;
}

/** What the consumers in all languages have. */
export interface ExampleConsumer {
  readonly consumer: EventConsumer;
  readonly logGroup: ILogGroup;
}

/** The log of a function. It goes with the stack, because it holds ids of messages. */
export function createLog(scope: Construct, retention = RetentionDays.ONE_MONTH): ILogGroup {
  return new LogGroup(scope, 'Log', { retention, removalPolicy: RemovalPolicy.DESTROY });
}

/** Data has its SHA-256 in hex as its key. */
const wholeKey = { StringLike: { 's3:prefix': '?'.repeat(64) } };

/** Lambda begins with an event as soon as it comes, so something is wrong long before. As in the receiver's own alarm. */
const oldestAllowed = Duration.minutes(30);

/** Connects a function to the queue. An event takes effect once, and a failing event delays only its own group. */
export class EventConsumer extends Construct {
  /** Ids of the events that were handled. */
  readonly table: TableV2;
  readonly alarms: readonly Alarm[];

  constructor(scope: Construct, id: string, props: EventConsumerProps) {
    super(scope, id);
    const { function: handler, queue, overflowBucket, keyring, filters, replays, polled, maxConcurrency = 2 } = props;
    // Names of the attributes are those of Powertools.
    this.table = new TableV2(this, 'Handled', {
      partitionKey: { name: 'id', type: AttributeType.STRING },
      timeToLiveAttribute: 'expiration',
      billing: Billing.onDemand(),
      removalPolicy: RemovalPolicy.DESTROY,
    });
    handler.addEnvironment('IDEMPOTENCY_TABLE', this.table.tableName);
    this.table.grant(handler, 'dynamodb:GetItem', 'dynamodb:PutItem', 'dynamodb:UpdateItem', 'dynamodb:DeleteItem');
    if (replays) handler.addEnvironment('REPLAYS', replays);
    if (polled) handler.addEnvironment('POLLED', polled);
    if (overflowBucket) {
      handler.addEnvironment('OVERFLOW_BUCKET', overflowBucket.bucketName);
      const read = { actions: ['s3:GetObject'], resourceArns: [overflowBucket.arnForObjects('*')] };
      // Without this S3 says of missing data that access is denied. The only prefix that may be listed is a whole key.
      const list = { actions: ['s3:ListBucket'], resourceArns: [overflowBucket.bucketArn], conditions: wholeKey };
      for (const permission of [read, list]) Grant.addToPrincipal({ grantee: handler, ...permission });
      overflowBucket.encryptionKey?.grantDecrypt(handler);
    }
    if (keyring) {
      handler.addEnvironment('KEYRING_SECRET_ID', keyring.secretArn);
      keyring.grantRead(handler);
    }
    handler.addEventSource(
      new SqsEventSource(queue, {
        batchSize: 10,
        reportBatchItemFailures: true,
        maxConcurrency,
        ...(filters && { filters }),
      }),
    );
    this.alarms = this.createAlarms(props);
  }

  private createAlarms({ function: handler, queue, isWatched, alarmTopic }: EventConsumerProps): Alarm[] {
    // Lambda counts zero failures in an invocation that has none. Until there is one, nothing is known.
    const options = { treatMissingData: TreatMissingData.IGNORE };
    const watches = [
      {
        id: 'Errors',
        meaning: 'The consumer crashed, ran out of time, or could not handle any event of a batch: read its log',
        metric: handler.metricErrors(failures),
        options,
      },
      {
        id: 'Throttles',
        meaning: 'Lambda had no concurrency left for the consumer. The receiver may have none either',
        metric: handler.metricThrottles(failures),
        options,
      },
      {
        id: 'OldestEvent',
        meaning: `The oldest event has waited ${oldestAllowed.toMinutes()} minutes for the consumer: read its log, or raise maxConcurrency`,
        metric: queue.metricApproximateAgeOfOldestMessage(highest),
        options: { threshold: oldestAllowed.toSeconds() },
      },
    ];
    return watches
      .filter(({ id }) => !(isWatched && id === 'OldestEvent'))
      .map((watch) => createAlarm(this, watch, alarmTopic));
  }
}
