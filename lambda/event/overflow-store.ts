import { createHash } from 'node:crypto';
import { PutObjectCommand, S3Client, type S3ClientConfig } from '@aws-sdk/client-s3';
import { withDeadline } from '../deadline.ts';

/**
 * Keeps the data of large events in an S3 bucket, under the hash of their content. If the same data comes again, it takes
 * no more space, and its time in the bucket starts again.
 *
 * @param deadline how long it may take with all its tries, in milliseconds
 */
export function createOverflowStore(bucket: string, config: S3ClientConfig, deadline: number) {
  return storeIn(bucket, new S3Client(config), deadline);
}

/** As {@link createOverflowStore}, with a client that is there already. */
export function storeIn(bucket: string, client: Pick<S3Client, 'send'>, deadline: number) {
  return async (data: Uint8Array, contentType: string | undefined): Promise<string> => {
    const key = createHash('sha256').update(data).digest('hex');
    const command = new PutObjectCommand({ Bucket: bucket, Key: key, Body: data, ContentType: contentType });
    const { ETag } = await withDeadline(deadline, (options) => client.send(command, options));
    // A proxy that answers 200 in the place of S3 has stored nothing.
    if (!ETag) throw new Error('S3 answered without an ETag, so it is not known to have the data');
    return `s3://${bucket}/${key}`;
  };
}
