import { Duration } from 'aws-cdk-lib';
import { Bucket } from 'aws-cdk-lib/aws-s3';
import type { Construct } from 'constructs';
import { capturePrefix } from '../lambda/contract.ts';
import { acknowledge } from './acknowledge.ts';
import { type EncryptionOptions, eventBucketProps, eventRetention } from './data-stores.ts';

/**
 * Keeps the data of events that are too large for SQS, for longer than a message can refer to it. In FIFO queues that is 14
 * days in the queue and 14 in the dead-letter queue, the same again after a redrive, and one day more. Standard queues
 * keep a message for 14 days in both together. It stays when the stack is deleted, because it holds data.
 */
export class OverflowBucket extends Bucket {
  constructor(scope: Construct, id: string, { encryptionKey }: EncryptionOptions = {}) {
    super(scope, id, {
      ...eventBucketProps(encryptionKey),
      lifecycleRules: [
        { prefix: capturePrefix, expiration: Duration.days(1) },
        {
          expiration: Duration.days(4 * eventRetention.toDays() + 1),
          abortIncompleteMultipartUploadAfter: Duration.days(1),
        },
      ],
    });
    acknowledge(this, {
      id: 'AwsSolutions-S1',
      reason: 'Only the receiver writes and only consumers read, both under IAM; CloudTrail can record their calls.',
    });
  }
}
