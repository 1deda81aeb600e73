import { RemovalPolicy, Stack } from 'aws-cdk-lib';
import { Grant, type Role } from 'aws-cdk-lib/aws-iam';
import type { IKey } from 'aws-cdk-lib/aws-kms';
import type { IFunction } from 'aws-cdk-lib/aws-lambda';
import { type ILogGroup, LogGroup, RetentionDays } from 'aws-cdk-lib/aws-logs';
import type { IBucket } from 'aws-cdk-lib/aws-s3';
import type { ISecret } from 'aws-cdk-lib/aws-secretsmanager';
import type { IQueue } from 'aws-cdk-lib/aws-sqs';
import { Construct } from 'constructs';
import { archiveEnvironment } from '../../lambda/archive-contract.ts';
import { grantKeyThrough } from '../key-grant.ts';
import { allowLogs } from '../log-key.ts';
import { ArchiveFunction } from './archive-function.ts';
import { ArchiveQueue } from './archive-queue.ts';
import { ArchiveStreams } from './archive-streams.ts';

/** Properties of an archive. */
export interface ArchiveProps {
  /** Keeps the events; see `ArchiveBucket`. */
  bucket: IBucket;
  /** The receiver's secret with the public keys. The archive copies them, so that events verify without the secret. */
  keyring: ISecret;
  /** The receiver's bucket for the data of large events. The archive copies the data and keeps it as long as the events. */
  overflowBucket: IBucket;
  /**
   * How long the log of the streams and the function is kept.
   * @default RetentionDays.ONE_MONTH
   */
  logRetention?: RetentionDays;
  /**
   * Encrypts the log, and the events that wait in streams and queues.
   * @default - keys that AWS owns, at no charge
   */
  encryptionKey?: IKey | undefined;
}

/**
 * Stores every event of a receiver in a bucket, with the public keys that verify its signature. Give it to a
 * `WebhookReceiver` as `archive`.
 */
export class Archive extends Construct {
  readonly bucket: IBucket;
  readonly keyring: ISecret;
  readonly overflowBucket: IBucket;
  readonly streams: ArchiveStreams;
  /** Events that no stream accepted. The function archives them. */
  readonly queue: IQueue;
  /** Events that could not be archived. */
  readonly deadLetterQueue: IQueue;
  readonly function: IFunction;
  /** Log of the streams and the function. */
  readonly log: ILogGroup;

  constructor(scope: Construct, id: string, props: ArchiveProps) {
    super(scope, id);
    const { bucket, keyring, overflowBucket, encryptionKey } = props;
    this.bucket = bucket;
    this.keyring = keyring;
    this.overflowBucket = overflowBucket;
    if (encryptionKey) allowLogs(encryptionKey, Stack.of(this));
    this.log = new LogGroup(this, 'Log', {
      retention: props.logRetention ?? RetentionDays.ONE_MONTH,
      encryptionKey,
      removalPolicy: RemovalPolicy.DESTROY,
    });
    const common = { bucket, logGroup: this.log };
    this.streams = new ArchiveStreams(this, 'Streams', { ...common, encryptionKey });
    const events = new ArchiveQueue(this, 'Queue', { encryptionKey });
    this.queue = events.queue;
    this.deadLetterQueue = events.deadLetterQueue;
    this.function = new ArchiveFunction(this, 'Function', { ...common, events, keyring, overflowBucket }).function;
  }

  /** Environment variables of a function that archives events. */
  get environment(): Record<string, string> {
    return {
      [archiveEnvironment.streams]: this.streams.names,
      [archiveEnvironment.queueUrl]: this.queue.queueUrl,
    };
  }

  /** Lets a role archive events. */
  grantWrite(role: Role): void {
    this.streams.grantPut(role);
    Grant.addToPrincipal({ grantee: role, actions: ['sqs:SendMessage'], resourceArns: [this.queue.queueArn] });
    const { encryptionMasterKey } = this.queue;
    const use = ['kms:GenerateDataKey', 'kms:Decrypt'];
    grantKeyThrough(role, encryptionMasterKey, 'sqs', use, this.queue, this.deadLetterQueue);
  }
}
