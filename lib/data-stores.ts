import { Duration, RemovalPolicy } from 'aws-cdk-lib';
import type { IKey } from 'aws-cdk-lib/aws-kms';
import { BlockPublicAccess, BucketEncryption, type BucketProps } from 'aws-cdk-lib/aws-s3';
import { QueueEncryption, type QueueProps } from 'aws-cdk-lib/aws-sqs';

/** Options of a construct that keeps data. */
export interface EncryptionOptions {
  /**
   * Encrypts the data.
   * @default - a key of the service's own, at no charge
   */
  readonly encryptionKey?: IKey | undefined;
}

/** How long a queue keeps a message, which is the longest that SQS allows. */
export const eventRetention = Duration.days(14);

/** What all queues with events have in common. They stay when the stack is deleted. @param encryptionKey @default - a key of SQS */
export function eventQueueProps(encryptionKey: IKey | undefined): QueueProps {
  return {
    encryption: encryptionKey ? QueueEncryption.KMS : QueueEncryption.SQS_MANAGED,
    encryptionMasterKey: encryptionKey,
    enforceSSL: true,
    retentionPeriod: eventRetention,
    // The most that SQS takes. Queues created before August 2025 have a quarter of it by default.
    // Versions of the CDK before 2.214 refuse more than 256 KiB: see peerDependencies.
    maxMessageSizeBytes: 1_048_576,
    removalPolicy: RemovalPolicy.RETAIN_ON_UPDATE_OR_DELETE,
  };
}

/** What all buckets with events have in common. They stay when the stack is deleted. @param encryptionKey @default - a key of S3 */
export function eventBucketProps(encryptionKey: IKey | undefined): BucketProps {
  return {
    encryption: encryptionKey ? BucketEncryption.KMS : BucketEncryption.S3_MANAGED,
    encryptionKey,
    bucketKeyEnabled: encryptionKey !== undefined,
    blockPublicAccess: BlockPublicAccess.BLOCK_ALL,
    enforceSSL: true,
    minimumTLSVersion: 1.2,
    removalPolicy: RemovalPolicy.RETAIN_ON_UPDATE_OR_DELETE,
  };
}
