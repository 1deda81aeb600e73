import { GetObjectCommand, type S3Client } from '@aws-sdk/client-s3';
import { keyOfDataref } from './dataref.ts';
import type { FetchData } from './queued-event.ts';

/**
 * Gets the data of events that were too large for the queue from the bucket where the receiver puts it.
 *
 * @param bucket the only bucket that is read, because a `dataref` is not signed, and a forged one must not lead elsewhere
 * @returns a function that rejects with a `QueuedEventError` (`invalid_dataref`) for anything but an object in this
 *   bucket, and with the client's own error if S3 does not return it
 */
export function fetchFromS3(client: S3Client, bucket: string): FetchData {
  return async (dataref) => {
    const { Body } = await client.send(new GetObjectCommand({ Bucket: bucket, Key: keyOfDataref(dataref, bucket) }));
    return (await Body?.transformToByteArray()) ?? new Uint8Array();
  };
}
