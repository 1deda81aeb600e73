import { GetObjectCommand } from '@aws-sdk/client-s3';
import type { Archive } from './archive-bucket.ts';
import type { StoredObject } from './event-objects.ts';

/** How often an object is requested if the connection breaks while it is read. The SDK repeats only the request. */
const mostTries = 4;
/** Objects up to this size are fetched ahead, because they take less time than the request to S3. */
const small = 1_048_576;
const ahead = 8;

/** Reads an object as it is stored. Firehose writes at most 128 MB into one. */
export async function readObject({ client, bucket }: Archive, key: string): Promise<Uint8Array> {
  for (let tries = 1; ; tries++) {
    const { Body } = await client.send(new GetObjectCommand({ Bucket: bucket, Key: key }));
    try {
      return (await Body?.transformToByteArray()) ?? new Uint8Array();
    } catch (error) {
      if (tries === mostTries) throw error;
    }
  }
}

export interface OpenObject {
  object: StoredObject;
  bytes: Uint8Array;
}

/** Reads objects in their order. Small ones are fetched ahead. */
export async function* openObjects(archive: Archive, objects: readonly StoredObject[]): AsyncGenerator<OpenObject> {
  const fetched = new Map<StoredObject, Promise<Uint8Array>>();
  for (const [index, object] of objects.entries()) {
    for (const next of objects.slice(index, index + ahead)) {
      if (fetched.has(next) || (next.size > small && next !== object)) continue;
      const bytes = readObject(archive, next.key);
      // If reading stops early, nothing awaits this promise. Its error must then be handled here.
      bytes.catch(() => {});
      fetched.set(next, bytes);
    }
    yield { object, bytes: (await fetched.get(object)) as Uint8Array };
    fetched.delete(object);
  }
}
