import { GetObjectCommand, paginateListObjectsV2, S3ServiceException } from '@aws-sdk/client-s3';
import { archivePrefixes, archiveTypeOf, eventPartition, keyPartition } from '../../lambda/archive-contract.ts';
import { eventTypes } from '../../lambda/contract.ts';
import type { Archive } from './archive-bucket.ts';
import type { Selection } from './selection.ts';

export interface StoredObject {
  key: string;
  /** Bytes as stored, compressed. */
  size: number;
  lastModified: number;
}

/** Keys that have a prefix, between two others. */
export interface KeyRange {
  prefix: string;
  /** The first key comes after it. */
  start?: string | undefined;
  /** The last key comes before it. */
  end?: string | undefined;
}

const day = 86_400_000;
/** Sorts after everything that begins with the same text. */
const behind = '\uffff';

/** Where the events of a selection are, for each type. */
export function eventRanges({ from, to, types = Object.values(eventTypes) }: Selection): KeyRange[] {
  return types.map((type) => ({
    prefix: `${archivePrefixes.events}type=${archiveTypeOf(type)}/`,
    start: from === undefined ? undefined : eventPartition(type, new Date(from)),
    // An hour that begins at `to` is not selected.
    end: to === undefined ? undefined : eventPartition(type, new Date(to - 1)) + behind,
  }));
}

/** Lists the objects of a selection by hour of arrival, all types of an hour together. */
export async function listEventObjects(archive: Archive, selection: Selection): Promise<StoredObject[]> {
  const objects = await Promise.all(eventRanges(selection).map((range) => list(archive, range)));
  return objects.flat().sort((one, other) => (behindType(one.key) < behindType(other.key) ? -1 : 1));
}

/** What follows the type in the key of an event object, which begins with the hour. */
function behindType(key: string): string {
  return key.slice(key.indexOf('/', archivePrefixes.events.length));
}

/** Lists the objects with the keyrings of a selection's days, plus one day at both ends. */
export function listKeyrings(archive: Archive, { from, to }: Selection): Promise<StoredObject[]> {
  return list(archive, {
    prefix: archivePrefixes.keys,
    start: from === undefined ? undefined : keyPartition(new Date(from - day)),
    end: to === undefined ? undefined : keyPartition(new Date(to + day)) + behind,
  });
}

async function list({ client, bucket }: Archive, { prefix, start, end = behind }: KeyRange): Promise<StoredObject[]> {
  const objects: StoredObject[] = [];
  // XML cannot hold every character of a key.
  const request = { Bucket: bucket, Prefix: prefix, StartAfter: start, EncodingType: 'url' as const };
  for await (const { Contents = [], EncodingType } of paginateListObjectsV2({ client }, request)) {
    for (const { Key = '', Size: size = 0, LastModified } of Contents) {
      const key = decodeKey(Key, EncodingType);
      if (key > end) return objects;
      objects.push({ key, size, lastModified: LastModified?.getTime() ?? 0 });
    }
  }
  return objects;
}

/** A key as S3 lists it. */
export function decodeKey(key: string, encoding: string | undefined): string {
  return encoding === 'url' ? decodeURIComponent(key.replaceAll('+', ' ')) : key;
}

/** An object that cannot be read, while others can. Its message continues a sentence about the object. */
export class ObjectError extends Error {
  override readonly name = 'ObjectError';
}

/** How often an object is requested if the connection breaks while it is read. The SDK repeats only the request. */
const mostTries = 4;
/** Twice what Firehose writes into one object at most. */
const mostBytes = 256 * 1_048_576;

/**
 * Reads an object, or a version of it, as it is stored.
 *
 * @throws {ObjectError} when S3 does not give this object, or it is larger than anything that an archive holds
 */
export async function readObject({ client, bucket }: Archive, key: string, version?: string): Promise<Uint8Array> {
  const command = { Bucket: bucket, Key: key, VersionId: version };
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

/** An object that cannot be read, as a result. @throws every other error */
export function asResult(error: unknown): ObjectError {
  if (error instanceof ObjectError) return error;
  throw error;
}
