import { PutObjectCommand, S3Client, type S3ClientConfig } from '@aws-sdk/client-s3';
import { withDeadline } from '../deadline.ts';

/** The errors of S3 for an object that exists, or that is just being written. */
const exists = new Set(['PreconditionFailed', 'ConditionalRequestConflict']);

/**
 * Puts captured requests into an S3 bucket. The returned function gives `false` if an object of this name exists.
 *
 * @param deadline how long it may take with all its tries, in milliseconds
 */
export function createCaptureStore(bucket: string, config: S3ClientConfig, deadline: number) {
  const client = new S3Client(config);
  return async (name: string, text: string): Promise<boolean> => {
    const command = new PutObjectCommand({
      Bucket: bucket,
      Key: name,
      Body: text,
      ContentType: 'application/json',
      IfNoneMatch: '*',
    });
    try {
      const { ETag } = await withDeadline(deadline, (options) => client.send(command, options));
      // As for the data of large events.
      if (!ETag) throw new Error('S3 answered without an ETag, so it is not known to have the request');
      return true;
    } catch (error) {
      if (error instanceof Error && exists.has(error.name)) return false;
      throw error;
    }
  };
}
