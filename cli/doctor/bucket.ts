import { type _Object, GetObjectCommand, paginateListObjectsV2, type S3Client } from '@aws-sdk/client-s3';
import { capturePrefix } from '../../lambda/contract.ts';
import { type ReadCapture, readCapture } from './read-capture.ts';

/** A refused request that the function kept. */
export interface KeptCapture extends ReadCapture {
  /** Its key in the bucket. */
  name: string;
}

/** All captured requests in the bucket, the oldest first. */
export async function readCaptures(client: S3Client, bucket: string): Promise<KeptCapture[]> {
  const objects: _Object[] = [];
  for await (const { Contents = [] } of paginateListObjectsV2({ client }, { Bucket: bucket, Prefix: capturePrefix }))
    objects.push(...Contents);
  const time = ({ LastModified }: _Object) => LastModified?.getTime() ?? 0;
  const names = objects.sort((one, other) => time(one) - time(other)).map(({ Key = '' }) => Key);
  const captures: KeptCapture[] = [];
  for (const name of names) {
    const { Body } = await client.send(new GetObjectCommand({ Bucket: bucket, Key: name }));
    const bytes = Body === undefined ? Buffer.alloc(0) : Buffer.from(await Body.transformToByteArray());
    captures.push({ name, ...readCapture(bytes) });
  }
  return captures;
}
