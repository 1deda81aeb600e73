import { PutObjectCommand, S3Client, type S3ClientConfig } from '@aws-sdk/client-s3';
import type { Deadline } from '../deadline.ts';
import { existsAlready } from '../guards.ts';

/** Puts captured requests into an S3 bucket. The returned function gives `false` if an object of this name exists. */
export function createCaptureStore(bucket: string, config: S3ClientConfig) {
  const client = new S3Client(config);
  return async (name: string, text: string, options: Deadline): Promise<boolean> => {
    const command = new PutObjectCommand({
      Bucket: bucket,
      Key: name,
      Body: text,
      ContentType: 'application/json',
      IfNoneMatch: '*',
    });
    try {
      const { ETag } = await client.send(command, options);
      // As for the data of large events.
      if (!ETag) throw new Error('S3 answered without an ETag, so it is not known to have the request');
      return true;
    } catch (error) {
      if (existsAlready(error)) return false;
      throw error;
    }
  };
}
