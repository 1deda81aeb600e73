import { Grant, type Role } from 'aws-cdk-lib/aws-iam';
import type { IBucket } from 'aws-cdk-lib/aws-s3';
import type { IQueue } from 'aws-cdk-lib/aws-sqs';
import type { IConstruct } from 'constructs';
import type { Archive } from './archive/archive.ts';
import { expectHere } from './brought-resource.ts';
import { grantKeyThrough } from './key-grant.ts';
import { acknowledgeObjects } from './object-grants.ts';

/** Where events go. */
export interface EventTarget {
  queue: IQueue;
  /** Gets the data of events that are too large for the queue. */
  overflowBucket: IBucket;
  /** Is encrypted with the queue's key as well. */
  deadLetterQueue?: IQueue | undefined;
  /** Gets every event as well. */
  archive?: Archive | undefined;
}

/** Lets a role send events to the queue and the archive, and put the data of large ones into the bucket, and nothing else. */
export function grantSendEvents(role: Role, { queue, overflowBucket, deadLetterQueue, archive }: EventTarget): void {
  expectHere(role, 'Queue', { arn: queue.queueArn, env: queue.env }, ['region']);
  expectHere(role, 'Bucket', { arn: overflowBucket.bucketArn, env: overflowBucket.env }, ['region']);
  const queues: IConstruct[] = deadLetterQueue === undefined ? [queue] : [queue, deadLetterQueue];
  // The constructs' own grants would also allow calls that a function never makes, such as reading attributes.
  Grant.addToPrincipal({ grantee: role, actions: ['sqs:SendMessage'], resourceArns: [queue.queueArn] });
  grantKeyThrough(role, queue.encryptionMasterKey, 'sqs', ['kms:GenerateDataKey', 'kms:Decrypt'], ...queues);
  Grant.addToPrincipal({
    grantee: role,
    actions: ['s3:PutObject'],
    resourceArns: [overflowBucket.arnForObjects('*')],
  });
  grantKeyThrough(role, overflowBucket.encryptionKey, 's3', ['kms:GenerateDataKey'], overflowBucket);
  acknowledgeObjects(role, overflowBucket);
  archive?.grantWrite(role);
}
