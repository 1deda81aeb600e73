import type { Readable } from 'node:stream';
import { GetObjectCommand } from '@aws-sdk/client-s3';
import type { Archive } from './archive-bucket.ts';
import type { StoredObject } from './event-objects.ts';

/** How often an object, or the rest of it, is requested if the connection breaks. */
const mostTries = 4;
/** Objects up to this size are fetched ahead, because they take less time than the request to S3. */
const small = 1_048_576;
const ahead = 8;

/** Reads an object as it is stored. If the connection breaks, it continues at the same byte. */
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
          // An error at the end is not a broken connection, but a wrong checksum.
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

/** An object and its bytes, which can be read once. */
export interface OpenObject {
  object: StoredObject;
  bytes: AsyncIterable<Uint8Array>;
}

/** Opens objects in their order. Small ones are fetched ahead. */
export async function* openObjects(archive: Archive, objects: readonly StoredObject[]): AsyncGenerator<OpenObject> {
  const waiting: { object: StoredObject; fetched: Promise<AsyncIterable<Uint8Array>> }[] = [];
  const turn = async (): Promise<OpenObject[]> => {
    const next = waiting.shift();
    return next === undefined ? [] : [{ object: next.object, bytes: await next.fetched }];
  };
  for (const object of objects) {
    const fetched = open(archive, object);
    // If reading stops early, nothing awaits this promise. Its error must then be handled here.
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
