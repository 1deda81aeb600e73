import type { Readable } from 'node:stream';
import { GetObjectCommand } from '@aws-sdk/client-s3';
import type { Archive } from './archive-bucket.ts';
import type { StoredObject } from './event-objects.ts';

/** How often the rest of an object is asked for when the connection breaks. */
const mostTries = 4;
/** Up to this size objects are fetched ahead: the way to S3 takes longer than they do. */
const small = 1_048_576;
const ahead = 8;

/** Bytes of an object as it is stored. If the connection breaks in the middle, it goes on where it was. */
export async function* readObject({ client, bucket }: Archive, key: string): AsyncGenerator<Uint8Array> {
  let offset = 0;
  let etag: string | undefined;
  for (let tries = 1; ; tries++) {
    const rest = offset === 0 ? {} : { Range: `bytes=${offset}-`, IfMatch: etag };
    const { Body, ETag, ContentLength } = await client.send(
      new GetObjectCommand({ Bucket: bucket, Key: key, ...rest }),
    );
    etag ??= ETag;
    const end = offset + (ContentLength ?? Number.POSITIVE_INFINITY);
    const iterator = (Body as Readable)[Symbol.asyncIterator]();
    try {
      for (;;) {
        const next = await iterator.next().catch((error: unknown) => {
          // At its end it is no connection that broke, but a check sum that does not fit.
          if (tries === mostTries || offset >= end) throw error;
          return undefined;
        });
        if (next === undefined) break;
        if (next.done) return;
        offset += next.value.length;
        yield next.value;
      }
    } finally {
      await iterator.return?.();
    }
  }
}

/** An object, and its bytes, to be read once. */
export interface OpenObject {
  object: StoredObject;
  bytes: AsyncIterable<Uint8Array>;
}

/** Opens objects in their order; small ones are fetched before it is their turn. */
export async function* openObjects(archive: Archive, objects: AsyncIterable<StoredObject>): AsyncGenerator<OpenObject> {
  const waiting: { object: StoredObject; fetched: Promise<AsyncIterable<Uint8Array>> }[] = [];
  const turn = async (): Promise<OpenObject[]> => {
    const next = waiting.shift();
    return next === undefined ? [] : [{ object: next.object, bytes: await next.fetched }];
  };
  for await (const object of objects) {
    const fetched = open(archive, object);
    // Whoever waits for it gets the error; nobody may, if reading stops before.
    fetched.catch(() => {});
    waiting.push({ object, fetched });
    if (waiting.length > ahead) yield* await turn();
  }
  while (waiting.length > 0) yield* await turn();
}

async function open(archive: Archive, { key, size }: StoredObject): Promise<AsyncIterable<Uint8Array>> {
  const bytes = readObject(archive, key);
  if (size > small) return bytes;
  const chunks: Uint8Array[] = [];
  for await (const chunk of bytes) chunks.push(chunk);
  return {
    async *[Symbol.asyncIterator]() {
      yield* chunks;
    },
  };
}
