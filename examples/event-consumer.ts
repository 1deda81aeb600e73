import { RemovalPolicy } from 'aws-cdk-lib';
import { AttributeType, Billing, TableV2 } from 'aws-cdk-lib/aws-dynamodb';
import { Grant } from 'aws-cdk-lib/aws-iam';
import type { Function as LambdaFunction } from 'aws-cdk-lib/aws-lambda';
import { SqsEventSource, type SqsEventSourceProps } from 'aws-cdk-lib/aws-lambda-event-sources';
import type { IBucket } from 'aws-cdk-lib/aws-s3';
import type { ISecret } from 'aws-cdk-lib/aws-secretsmanager';
import type { IQueue } from 'aws-cdk-lib/aws-sqs';
import { Construct } from 'constructs';

/** What a consumer works with. */
export interface EventConsumerProps {
  /** Handles the events. Its timeout must be shorter than the queue's visibility timeout, which is three minutes. */
  function: LambdaFunction;
  /** The queue of verified events. How often a failing event is tried is the queue's to say, with its redrive policy. */
  queue: IQueue;
  /** Where events that are too large for the queue have their data; not needed when none is ever so large. */
  overflowBucket?: IBucket;
  /** Checks every signature again with these keys. */
  keyring?: ISecret;
  /** Which events it gets. All others are deleted from the queue unseen. @default all events */
  filters?: SqsEventSourceProps['filters'];
  /**
   * Whether an event that comes out of the archive has its effect anew, once for each replay, or is skipped because it was
   * handled before. @default 'skip'
   */
  replays?: 'handle' | 'skip';
}

/** Connects a function to the queue so that an event has its effect once, and a failing one stops nothing but its group. */
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
      Grant.addToPrincipal({
        grantee: handler,
        actions: ['s3:GetObject'],
        resourceArns: [overflowBucket.arnForObjects('*')],
      });
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
