import { CopyObjectCommand, PutObjectCommand, S3Client, type S3ClientConfig } from '@aws-sdk/client-s3';
import { dataKey } from '../archive-contract.ts';
import { keyOfDataref } from '../event/dataref.ts';
import { existsAlready } from '../guards.ts';

export interface ArchiveBuckets {
  bucket: string;
  /** Where receivers store the data of large events. */
  overflowBucket: string;
}

/** Writes into the archive's bucket. Each call rejects when S3 did not store the object. */
export function createArchiveStore({ bucket, overflowBucket }: ArchiveBuckets, config: S3ClientConfig) {
  const client = new S3Client(config);
  const put = async (key: string, body: Uint8Array | string, options: { ContentType: string; IfNoneMatch?: '*' }) => {
    await client.send(new PutObjectCommand({ Bucket: bucket, Key: key, Body: body, ...options }));
  };
  return {
    putEvents: (key: string, body: Uint8Array): Promise<void> => put(key, body, { ContentType: 'application/gzip' }),

    /** @returns whether the object is new */
    putKeys: async (key: string, body: string): Promise<boolean> => {
      try {
        await put(key, body, { ContentType: 'application/json', IfNoneMatch: '*' });
        return true;
      } catch (error) {
        if (existsAlready(error)) return false;
        throw error;
      }
    },

    copyData: async (dataref: string): Promise<void> => {
      const source = `${overflowBucket}/${keyOfDataref(dataref, overflowBucket)}`;
      // Does not copy the tags, because the function may not read them.
      const command = {
        Bucket: bucket,
        Key: dataKey(dataref),
        CopySource: source,
        TaggingDirective: 'REPLACE',
      } as const;
      await client.send(new CopyObjectCommand(command));
    },
  };
}
