import { GetObjectCommand, S3ServiceException } from '@aws-sdk/client-s3';
import type { Archive } from './archive-bucket.ts';
import type { StoredObject } from './event-objects.ts';

/** How often an object is requested if the connection breaks while it is read. The SDK repeats only the request. */
const mostTries = 4;
/** Objects up to this size are fetched ahead, because they take less time than the request to S3. */
const small = 1_048_576;
const ahead = 8;
/** Twice what Firehose writes into one object at most. */
const mostBytes = 256 * 1_048_576;

/** An object that cannot be read, while others can. Its message continues a sentence about the object. */
export class ObjectError extends Error {
  override readonly name = 'ObjectError';
}

/**
 * Reads an object, or a version of it, as it is stored.
 *
 * @throws {ObjectError} when S3 does not give this object, or it is larger than anything that an archive holds
 */
export async function readObject({ client, bucket }: Archive, key: string, version?: string): Promise<Uint8Array> {
  const command = { Bucket: bucket, Key: key, ...(version !== undefined && { VersionId: version }) };
  for (let tries = 1; ; tries++) {
    const { Body, ContentLength = 0 } = await client.send(new GetObjectCommand(command)).catch(rethrow);
    if (ContentLength > mostBytes) {
      (Body as { destroy?: () => void } | undefined)?.destroy?.();
      throw new ObjectError(`it has ${ContentLength} bytes, which is more than an archive writes`);
    }
    try {
      return (await Body?.transformToByteArray()) ?? new Uint8Array();
    } catch (error) {
      if (tries === mostTries) throw error;
    }
  }
}

/** What S3 answers about one object: gone meanwhile, moved to a slow class, not allowed, or under another key. */
function rethrow(error: unknown): never {
  const isAboutObject =
    error instanceof S3ServiceException &&
    /^(NoSuchKey|NoSuchVersion|InvalidObjectState|AccessDenied|InvalidRequest|KMS\.\w+)$/.test(error.name);
  if (isAboutObject) throw new ObjectError(`S3 answers ${error.name}`, { cause: error });
  throw error;
}

export interface OpenObject {
  object: StoredObject;
  bytes: Uint8Array | ObjectError;
}

/** Reads objects in their order. Small ones are fetched ahead. */
export async function* openObjects(archive: Archive, objects: readonly StoredObject[]): AsyncGenerator<OpenObject> {
  const fetched = new Map<StoredObject, Promise<OpenObject['bytes']>>();
  for (const [index, object] of objects.entries()) {
    for (const next of objects.slice(index, index + ahead)) {
      if (fetched.has(next) || (next.size > small && next !== object)) continue;
      const bytes = readObject(archive, next.key).catch(asResult);
      // If reading stops early, nothing awaits this promise. Its error must then be handled here.
      bytes.catch(() => {});
      fetched.set(next, bytes);
    }
    yield { object, bytes: (await fetched.get(object)) as OpenObject['bytes'] };
    fetched.delete(object);
  }
}

/** An object that cannot be read, as a result. @throws every other error */
export function asResult(error: unknown): ObjectError {
  if (error instanceof ObjectError) return error;
  throw error;
}
