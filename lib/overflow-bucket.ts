import { Duration, RemovalPolicy } from 'aws-cdk-lib';
import type { IKey } from 'aws-cdk-lib/aws-kms';
import { BlockPublicAccess, Bucket, BucketEncryption, type IBucket } from 'aws-cdk-lib/aws-s3';
import { Construct } from 'constructs';

/** How long the data of large events is kept. */
export interface OverflowBucketProps {
  /**
   * How long the queue keeps a message. The data is kept for as long on the queue, again for as long behind it, and a
   * day more.
   */
  queueRetention: Duration;
  /**
   * Key that the data is encrypted with.
   * @default - a key of S3's own
   */
  encryptionKey?: IKey | undefined;
}

/** Keeps the data of events that are too large for SQS, for longer than any message can refer to it. */
export class OverflowBucket extends Construct {
  readonly bucket: IBucket;

  constructor(scope: Construct, id: string, { queueRetention, encryptionKey }: OverflowBucketProps) {
    super(scope, id);
    this.bucket = new Bucket(this, 'Data', {
      encryption: encryptionKey ? BucketEncryption.KMS : BucketEncryption.S3_MANAGED,
      ...(encryptionKey && { encryptionKey, bucketKeyEnabled: true }),
      blockPublicAccess: BlockPublicAccess.BLOCK_ALL,
      enforceSSL: true,
      minimumTLSVersion: 1.2,
      lifecycleRules: [
        {
          expiration: Duration.days(2 * queueRetention.toDays() + 1),
          abortIncompleteMultipartUploadAfter: Duration.days(1),
        },
      ],
      removalPolicy: RemovalPolicy.RETAIN,
    });
  }
}
