import { Grant, type Role } from 'aws-cdk-lib/aws-iam';
import type { IFunction } from 'aws-cdk-lib/aws-lambda';
import type { ILogGroup } from 'aws-cdk-lib/aws-logs';
import type { IBucket } from 'aws-cdk-lib/aws-s3';
import type { ISecret } from 'aws-cdk-lib/aws-secretsmanager';
import type { IQueue } from 'aws-cdk-lib/aws-sqs';
import { Construct } from 'constructs';
import { archiveEnvironment } from '../../lambda/archive-contract.ts';
import { grantKeyThrough } from '../grants.ts';
import { createLog, type LogOptions } from '../log-group.ts';
import { ArchiveFunction, ArchiveQueue } from './archive-function.ts';
import { ArchiveStreams } from './archive-streams.ts';

/** Properties of an archive. */
export interface ArchiveProps extends LogOptions {
  /** Keeps the events; see `ArchiveBucket`. */
  readonly bucket: IBucket;
  /** The receiver's secret with the public keys. The archive copies them, so that events verify without the secret. */
  readonly keyring: ISecret;
  /** The receiver's bucket for the data of large events. The archive copies the data and keeps it as long as the events. */
  readonly overflowBucket: IBucket;
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
    this.log = createLog(this, 'Log', props);
    const common = { bucket, logGroup: this.log };
    this.streams = new ArchiveStreams(this, 'Streams', { ...common, encryptionKey });
    const events = new ArchiveQueue(this, 'Queue', { encryptionKey });
    this.queue = events.queue;
    this.deadLetterQueue = events.deadLetterQueue;
    this.function = new ArchiveFunction(this, 'Function', { ...common, events, keyring, overflowBucket }).function;
  }

  /** Environment variables of a function that archives events. */
  get environment(): Record<string, string> {
    return { [archiveEnvironment.streams]: this.streams.names, [archiveEnvironment.queueUrl]: this.queue.queueUrl };
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
