import { Duration } from 'aws-cdk-lib';
import { Rule, Schedule } from 'aws-cdk-lib/aws-events';
import { LambdaFunction } from 'aws-cdk-lib/aws-events-targets';
import { Grant } from 'aws-cdk-lib/aws-iam';
import { EventSourceMapping, type IFunction } from 'aws-cdk-lib/aws-lambda';
import type { ILogGroup } from 'aws-cdk-lib/aws-logs';
import type { IBucket } from 'aws-cdk-lib/aws-s3';
import type { ISecret } from 'aws-cdk-lib/aws-secretsmanager';
import { type IQueue, Queue } from 'aws-cdk-lib/aws-sqs';
import { Construct } from 'constructs';
import { archiveEnvironment, archivePrefixes } from '../../lambda/archive-contract.ts';
import { environment } from '../../lambda/contract.ts';
import { expectHere } from '../brought-resource.ts';
import { BundledFunction } from '../bundled-function.ts';
import { type EncryptionOptions, eventQueueProps } from '../data-stores.ts';
import { acknowledgeObjects, grantKeyThrough, grantReadData, grantReadKeyring } from '../grants.ts';

/** How long Lambda collects events for one call, so that an object holds many. */
const batchingWindow = Duration.minutes(5);

/** How long a call of the function may take. */
const functionTimeout = Duration.minutes(1);

/** Tries of 11 minutes each. Together they are longer than the longest known outage of S3. */
const maxReceiveCount = 50;

/** Most events of one call. Lambda passes at most 6 MB, whatever their number. */
const batchSize = 1_000;

/** Most calls at the same time. It is the least that Lambda allows, because the receiver needs the concurrency more. */
const maxConcurrency = 2;

/** From one archiving of the public keys to the next. */
export const keysEvery = Duration.minutes(5);

/** What the function needs. */
export interface ArchiveFunctionProps {
  readonly bucket: IBucket;
  /** The queue of events that no stream accepted. */
  readonly events: ArchiveQueue;
  /** Holds the public keys. */
  readonly keyring: ISecret;
  /** Has the data of large events. */
  readonly overflowBucket: IBucket;
  readonly logGroup: ILogGroup;
}

/** The function that archives events that no stream accepted, the data of large events, and the public keys. */
export class ArchiveFunction extends Construct {
  readonly function: IFunction;

  constructor(scope: Construct, id: string, props: ArchiveFunctionProps) {
    super(scope, id);
    const { bucket, keyring, overflowBucket, logGroup } = props;
    const { queue, deadLetterQueue } = props.events;
    for (const { bucketArn: arn, env } of [bucket, overflowBucket])
      expectHere(this, 'Bucket', { arn, env }, ['region']);
    const { function: archive, role } = new BundledFunction(this, 'Handler', {
      entry: 'archive-handler',
      logGroup,
      tracing: false,
      description: 'Archives MessageMedia events that no stream accepted, and the public keys',
      memorySize: 256,
      timeout: functionTimeout,
      // If a scheduled run fails, the next one does its work.
      retryAttempts: 0,
      environment: {
        [archiveEnvironment.bucket]: bucket.bucketName,
        [environment.overflowBucket]: overflowBucket.bucketName,
        [environment.keyringSecretId]: keyring.secretArn,
      },
    });
    this.function = archive;

    const actions = ['sqs:ReceiveMessage', 'sqs:DeleteMessage', 'sqs:GetQueueAttributes'];
    const receives = Grant.addToPrincipal({ grantee: role, actions, resourceArns: [queue.queueArn] });
    grantKeyThrough(role, queue.encryptionMasterKey, 'sqs', ['kms:Decrypt'], queue, deadLetterQueue);
    const prefixes = [archivePrefixes.events, archivePrefixes.data, archivePrefixes.keys];
    const written = prefixes.map((prefix) => bucket.arnForObjects(`${prefix}*`));
    Grant.addToPrincipal({ grantee: role, actions: ['s3:PutObject'], resourceArns: written });
    grantKeyThrough(role, bucket.encryptionKey, 's3', ['kms:GenerateDataKey'], bucket);
    acknowledgeObjects(role, bucket, ...prefixes);
    grantReadData(role, overflowBucket);
    grantKeyThrough(role, overflowBucket.encryptionKey, 's3', ['kms:Decrypt'], overflowBucket);
    acknowledgeObjects(role, overflowBucket);
    grantReadKeyring(role, keyring);

    const source = new EventSourceMapping(this, 'Source', {
      target: archive,
      eventSourceArn: queue.queueArn,
      batchSize,
      maxBatchingWindow: batchingWindow,
      maxConcurrency,
      reportBatchItemFailures: true,
    });
    // Lambda checks whether the role may receive.
    receives.applyBefore(source);
    new Rule(this, 'Schedule', {
      description: 'Archives the public keys that verify MessageMedia webhooks',
      schedule: Schedule.rate(keysEvery),
      targets: [new LambdaFunction(archive, { retryAttempts: 0 })],
    });
  }
}

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
