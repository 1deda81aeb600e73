import { CfnElement, Stack, Validations } from 'aws-cdk-lib';
import { Grant, type Role } from 'aws-cdk-lib/aws-iam';
import type { IBucket } from 'aws-cdk-lib/aws-s3';
import type { IQueue } from 'aws-cdk-lib/aws-sqs';
import type { IConstruct } from 'constructs';
import { grantKeyThrough } from './key-grant.ts';

/** Where events go. */
export interface EventTarget {
  queue: IQueue;
  /** Gets the data of events that are too large for the queue. */
  overflowBucket: IBucket;
  /** Is encrypted with the queue's key as well. */
  deadLetterQueue?: IQueue | undefined;
}

/** Lets a role send events to the queue and put the data of large ones into the bucket, and nothing else. */
export function grantSendEvents(role: Role, { queue, overflowBucket, deadLetterQueue }: EventTarget): void {
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
  const resource = overflowBucket.node.defaultChild;
  const bucketId = CfnElement.isCfnElement(resource) ? Stack.of(role).resolve(resource.logicalId) : '';
  Validations.of(role).acknowledge({
    id: `AwsSolutions-IAM5[Resource::<${bucketId}.Arn>/*]`,
    reason:
      'Objects are named by the hash of their content, which is not known in advance, so the grant covers the bucket.',
  });
}
