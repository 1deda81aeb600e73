import { GetObjectCommand, type S3Client } from '@aws-sdk/client-s3';
import { keyOfDataref } from './dataref.ts';
import type { FetchData } from './queued-event.ts';

/**
 * Gets the data of events that were too large for the queue from the bucket that the receiver puts it in.
 *
 * @param bucket the only one that is read: a `dataref` is not signed, and a forged one must not lead elsewhere
 * @returns a function that rejects with a `QueuedEventError` (`invalid_dataref`) for anything but an object in there,
 *   and with the client's own error when S3 does not give it
 */
export function fetchFromS3(client: S3Client, bucket: string): FetchData {
  return async (dataref) => {
    const { Body } = await client.send(new GetObjectCommand({ Bucket: bucket, Key: keyOfDataref(dataref, bucket) }));
    return (await Body?.transformToByteArray()) ?? new Uint8Array();
  };
}
