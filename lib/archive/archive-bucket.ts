import { Duration, RemovalPolicy, Validations } from 'aws-cdk-lib';
import type { IKey } from 'aws-cdk-lib/aws-kms';
import {
  BlockPublicAccess,
  Bucket,
  BucketEncryption,
  type BucketProps,
  type LifecycleRule,
  ObjectLockRetention,
} from 'aws-cdk-lib/aws-s3';
import type { Construct } from 'constructs';

/** Who may delete what is locked: those with `s3:BypassGovernanceRetention`, or nobody, the account's root included. */
export type ArchiveLock = 'governance' | 'compliance';

/** What the bucket can be. */
export interface ArchiveBucketProps {
  /** How long each object is kept: whole days, at most 36,500. */
  retention: Duration;
  /**
   * S3 Object Lock for as long as an object is kept.
   * @default - whoever may delete objects can
   */
  lock?: ArchiveLock | undefined;
  /**
   * Encrypts the objects.
   * @default - a key of S3's own, at no charge
   */
  encryptionKey?: IKey | undefined;
}

/**
 * Keeps the archive; see `archivePrefixes` for what is in it. Without a lock it has one version of each object, so that
 * what is erased is gone. It outlives the stack: it holds data.
 */
export class ArchiveBucket extends Bucket {
  constructor(scope: Construct, id: string, { retention, lock, encryptionKey }: ArchiveBucketProps) {
    super(scope, id, {
      encryption: encryptionKey ? BucketEncryption.KMS : BucketEncryption.S3_MANAGED,
      encryptionKey,
      bucketKeyEnabled: encryptionKey !== undefined,
      blockPublicAccess: BlockPublicAccess.BLOCK_ALL,
      enforceSSL: true,
      minimumTLSVersion: 1.2,
      lifecycleRules: [
        { expiration: retention, abortIncompleteMultipartUploadAfter: Duration.days(1) },
        ...(lock ? [oldVersions] : []),
      ],
      ...(lock && locked(retention, lock)),
      removalPolicy: RemovalPolicy.RETAIN,
    });
    Validations.of(this).acknowledge({
      id: 'AwsSolutions-S1',
      reason: 'Only streams and the archive function write, under IAM; CloudTrail has the calls of readers if wanted.',
    });
  }
}

/** In a bucket with versions an object that expires becomes an old version of itself. */
const oldVersions: LifecycleRule = { noncurrentVersionExpiration: Duration.days(1), expiredObjectDeleteMarker: true };

function locked(retention: Duration, lock: ArchiveLock): BucketProps {
  return { versioned: true, objectLockEnabled: true, objectLockDefaultRetention: ObjectLockRetention[lock](retention) };
}
