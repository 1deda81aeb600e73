import { createHash } from 'node:crypto';
import { PutObjectCommand, type PutObjectCommandInput, S3Client, type S3ClientConfig } from '@aws-sdk/client-s3';
import { type Deadline, withDeadline } from '../deadline.ts';

/** A client of S3, or what passes its calls on. */
type Client = Pick<S3Client, 'send'>;

/** What the receiver puts into its bucket. @param deadline how long storing may take with all its tries, in milliseconds */
export function createOverflowStore(bucket: string, config: S3ClientConfig, deadline: number) {
  const client = new S3Client(config);
  return {
    store: storeIn(bucket, client, deadline),
    /** Keeps a captured request. @returns `false` if an object of this name exists */
    keep: (Key: string, Body: string, options: Deadline): Promise<boolean> =>
      putObject(client, { Bucket: bucket, Key, Body, ContentType: 'application/json', IfNoneMatch: '*' }, options),
  };
}

/**
 * Keeps the data of large events under the hash of their content. If the same data comes again, it takes no more space, and
 * its time in the bucket starts again.
 */
export function storeIn(bucket: string, client: Client, deadline: number) {
  return async (data: Uint8Array, contentType: string | undefined): Promise<string> => {
    const key = createHash('sha256').update(data).digest('hex');
    const object = { Bucket: bucket, Key: key, Body: data, ContentType: contentType };
    await withDeadline(deadline, (options) => putObject(client, object, options));
    return `s3://${bucket}/${key}`;
  };
}

/** The errors of S3 for an object that exists, or that somebody else is just writing, if it was to be new (`IfNoneMatch`). */
const conflicts = new Set(['PreconditionFailed', 'ConditionalRequestConflict']);

/** Puts an object. @returns `false` if it was to be new and there is one of its name, or will be in a moment */
export async function putObject(client: Client, object: PutObjectCommandInput, options?: Deadline): Promise<boolean> {
  try {
    expectETag(await client.send(new PutObjectCommand(object), options));
    return true;
  } catch (error) {
    if (object.IfNoneMatch && error instanceof Error && conflicts.has(error.name)) return false;
    throw error;
  }
}

/** A proxy that answers 200 in the place of S3 has stored nothing. @throws {Error} */
export function expectETag(answer: { ETag?: string } | undefined): void {
  if (!answer?.ETag) throw new Error('S3 answered without an ETag, so it is not known to have the object');
}
