import { RemovalPolicy } from 'aws-cdk-lib';
import { AttributeType, Billing, TableV2 } from 'aws-cdk-lib/aws-dynamodb';
import { Grant } from 'aws-cdk-lib/aws-iam';
import type { Function as LambdaFunction } from 'aws-cdk-lib/aws-lambda';
import { SqsEventSource, type SqsEventSourceProps } from 'aws-cdk-lib/aws-lambda-event-sources';
import type { IBucket } from 'aws-cdk-lib/aws-s3';
import type { ISecret } from 'aws-cdk-lib/aws-secretsmanager';
import type { IQueue } from 'aws-cdk-lib/aws-sqs';
import { Construct } from 'constructs';

/** Properties of a consumer. */
export interface EventConsumerProps {
  /** Handles the events. Its timeout must be shorter than the queue's visibility timeout, which is three minutes. */
  function: LambdaFunction;
  /** The queue of verified events. Its redrive policy says how often a failing event is retried. */
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
}

/** Data has its SHA-256 in hex as its key. */
const wholeKey = { StringLike: { 's3:prefix': '?'.repeat(64) } };

/** Connects a function to the queue. An event takes effect once, and a failing event delays only its own group. */
export class EventConsumer extends Construct {
  constructor(scope: Construct, id: string, props: EventConsumerProps) {
    super(scope, id);
    const { function: handler, queue, overflowBucket, keyring, filters, replays } = props;
    // Names of the attributes are those of Powertools.
    const handled = new TableV2(this, 'Handled', {
      partitionKey: { name: 'id', type: AttributeType.STRING },
      timeToLiveAttribute: 'expiration',
      billing: Billing.onDemand(),
      removalPolicy: RemovalPolicy.DESTROY,
    });
    handler.addEnvironment('IDEMPOTENCY_TABLE', handled.tableName);
    handled.grant(handler, 'dynamodb:GetItem', 'dynamodb:PutItem', 'dynamodb:UpdateItem', 'dynamodb:DeleteItem');
    if (replays) handler.addEnvironment('REPLAYS', replays);
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
      new SqsEventSource(queue, { batchSize: 10, reportBatchItemFailures: true, ...(filters && { filters }) }),
    );
  }
}
