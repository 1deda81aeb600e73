import { CopyObjectCommand, S3Client, type S3ClientConfig } from '@aws-sdk/client-s3';
import { dataKey } from '../archive-contract.ts';
import { keyOfDataref } from '../event/dataref.ts';
import { expectETag, putObject } from '../event/overflow-store.ts';

export interface ArchiveBuckets {
  bucket: string;
  /** Where receivers store the data of large events. */
  overflowBucket: string;
}

/** Writes into the archive's bucket. Each call rejects when S3 did not store the object. */
export function createArchiveStore({ bucket: Bucket, overflowBucket }: ArchiveBuckets, config: S3ClientConfig) {
  const client = new S3Client(config);
  return {
    putEvents: async (Key: string, Body: Uint8Array): Promise<void> => {
      await putObject(client, { Bucket, Key, Body, ContentType: 'application/gzip' });
    },

    /** @returns whether the object is new */
    putKeys: (Key: string, Body: string): Promise<boolean> =>
      putObject(client, { Bucket, Key, Body, ContentType: 'application/json', IfNoneMatch: '*' }),

    copyData: async (dataref: string): Promise<void> => {
      const CopySource = `${overflowBucket}/${keyOfDataref(dataref, overflowBucket)}`;
      // Does not copy the tags, because the function may not read them.
      const copy = { Bucket, Key: dataKey(dataref), CopySource, TaggingDirective: 'REPLACE' } as const;
      const { CopyObjectResult } = await client.send(new CopyObjectCommand(copy));
      expectETag(CopyObjectResult);
    },
  };
}
