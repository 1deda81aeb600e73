import { HeadBucketCommand } from '@aws-sdk/client-s3';
import { connectS3 } from '../places.ts';
import { type Finding, issue } from './report.ts';

/** Is the bucket for the data of large events there? */
export async function checkBucket(bucket: string): Promise<Finding[]> {
  try {
    await connectS3().send(new HeadBucketCommand({ Bucket: bucket }));
    return ['The bucket for large events is there'];
  } catch (error) {
    const status = (error as { $metadata?: { httpStatusCode?: number } }).$metadata?.httpStatusCode;
    if (status !== 404) throw error;
    const mend = 'Create it again, see docs/operations.md#storage-failures';
    return [
      issue.error('bucket', `Bucket ${bucket} does not exist`, 'Events that are too large for SQS are lost.', mend),
    ];
  }
}
