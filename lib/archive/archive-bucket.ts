import { Duration } from 'aws-cdk-lib';
import { Bucket, type BucketProps, type LifecycleRule, ObjectLockRetention } from 'aws-cdk-lib/aws-s3';
import type { Construct } from 'constructs';
import { acknowledge } from '../acknowledge.ts';
import { type EncryptionOptions, eventBucketProps } from '../data-stores.ts';

/** Who may delete locked objects: those with `s3:BypassGovernanceRetention`, or nobody, not even the account's root user. */
export type ArchiveLock = 'governance' | 'compliance';

/** Properties of the archive's bucket. */
export interface ArchiveBucketProps extends EncryptionOptions {
  /** How long each object is kept: whole days, at most 36,500. */
  readonly retention: Duration;
  /**
   * S3 Object Lock for as long as an object is kept.
   * @default - no lock: whoever has the permission can delete objects
   */
  readonly lock?: ArchiveLock | undefined;
}

/**
 * The bucket of the archive; `archivePrefixes` describes what it holds. Without a lock it has one version of each object,
 * so that erased data is gone. It stays when the stack is deleted, because it holds data.
 */
export class ArchiveBucket extends Bucket {
  constructor(scope: Construct, id: string, { retention, lock, encryptionKey }: ArchiveBucketProps) {
    super(scope, id, {
      ...eventBucketProps(encryptionKey),
      lifecycleRules: [
        { expiration: retention, abortIncompleteMultipartUploadAfter: Duration.days(1) },
        ...(lock ? [oldVersions] : []),
      ],
      ...(lock && locked(retention, lock)),
    });
    acknowledge(this, {
      id: 'AwsSolutions-S1',
      reason: 'IAM lets only the streams and the archive function write. CloudTrail can log the calls of readers.',
    });
  }
}

/** In a bucket with versions, an object that expires becomes an old version. */
const oldVersions: LifecycleRule = { noncurrentVersionExpiration: Duration.days(1), expiredObjectDeleteMarker: true };

function locked(retention: Duration, lock: ArchiveLock): BucketProps {
  return { versioned: true, objectLockEnabled: true, objectLockDefaultRetention: ObjectLockRetention[lock](retention) };
}
