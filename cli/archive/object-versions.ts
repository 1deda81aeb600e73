import {
  DeleteObjectCommand,
  GetBucketVersioningCommand,
  HeadObjectCommand,
  ListObjectVersionsCommand,
  type ListObjectVersionsCommandOutput,
} from '@aws-sdk/client-s3';
import type { Archive } from './archive-bucket.ts';
import { decodeKey } from './event-objects.ts';

/** A lock that keeps an object from being deleted. */
export interface ObjectLock {
  key: string;
  mode: string;
  /** RFC 3339; `undefined` for a legal hold, which has no end. */
  until: string | undefined;
}

/** A version of an object, or the mark of its deletion. */
export interface ObjectVersion {
  key: string;
  id: string;
  isLatest: boolean;
  isMarker: boolean;
  etag: string | undefined;
  /** Milliseconds since the epoch. */
  at: number;
}

/** What S3 calls the version that it writes while versioning is suspended. The next such write replaces it. */
export const unversioned = 'null';

/** Whether the bucket keeps old versions; `undefined` if it never did. Without versions there are no locks either. */
export async function versioningOf({ client, bucket }: Archive): Promise<'Enabled' | 'Suspended' | undefined> {
  return (await client.send(new GetBucketVersioningCommand({ Bucket: bucket }))).Status;
}

/** Finds a lock that still holds, on any version of an object. */
export async function findLock(archive: Archive, key: string, now: number): Promise<ObjectLock | undefined> {
  const { client, bucket } = archive;
  for (const { id, isMarker } of await versionsOf(archive, key)) {
    if (isMarker) continue;
    const { ObjectLockMode, ObjectLockRetainUntilDate, ObjectLockLegalHoldStatus } = await client.send(
      new HeadObjectCommand({ Bucket: bucket, Key: key, VersionId: id }),
    );
    if (ObjectLockLegalHoldStatus === 'ON') return { key, mode: 'LEGAL HOLD', until: undefined };
    if (ObjectLockRetainUntilDate !== undefined && ObjectLockRetainUntilDate.getTime() > now) {
      return { key, mode: ObjectLockMode ?? '', until: ObjectLockRetainUntilDate.toISOString() };
    }
  }
  return undefined;
}

/** Deletes versions for good, the oldest first, so that none of them becomes the current one on the way. */
export async function deleteVersions({ client, bucket }: Archive, versions: readonly ObjectVersion[]): Promise<void> {
  for (const { key, id } of versions.toReversed())
    await client.send(new DeleteObjectCommand({ Bucket: bucket, Key: key, VersionId: id }));
}

/** The versions of an object, the newest first. */
export async function versionsOf(archive: Archive, key: string): Promise<ObjectVersion[]> {
  const versions: ObjectVersion[] = [];
  // A prefix also matches longer names.
  for await (const version of listVersions(archive, { prefix: key })) if (version.key === key) versions.push(version);
  return newestFirst(versions);
}

export function newestFirst(versions: readonly ObjectVersion[]): ObjectVersion[] {
  return versions.toSorted((one, other) => Number(other.isLatest) - Number(one.isLatest) || other.at - one.at);
}

/** @param range `start` and `end` are keys before the first one and behind the last one */
export async function* listVersions(
  { client, bucket }: Archive,
  { prefix, start, end = '\uffff' }: { prefix: string; start?: string; end?: string },
): AsyncGenerator<ObjectVersion> {
  let next: { KeyMarker?: string | undefined; VersionIdMarker?: string | undefined } | undefined = { KeyMarker: start };
  while (next) {
    const page: ListObjectVersionsCommandOutput = await client.send(
      new ListObjectVersionsCommand({ Bucket: bucket, Prefix: prefix, EncodingType: 'url', ...next }),
    );
    const { Versions = [], DeleteMarkers = [], EncodingType, IsTruncated, NextKeyMarker, NextVersionIdMarker } = page;
    let isBehind = false;
    const markers = DeleteMarkers.map((marker) => ({ ...marker, isMarker: true, ETag: undefined, Size: 0 }));
    for (const version of [...Versions.map((one) => ({ ...one, isMarker: false })), ...markers]) {
      const { Key = '', VersionId: id = unversioned, IsLatest: isLatest = false, isMarker, LastModified } = version;
      const key = decodeKey(Key, EncodingType);
      if (key > end) isBehind = true;
      else yield { key, id, isLatest, isMarker, etag: version.ETag, at: LastModified?.getTime() ?? 0 };
    }
    const marker = decodeKey(NextKeyMarker ?? '', EncodingType);
    next = IsTruncated && !isBehind ? { KeyMarker: marker, VersionIdMarker: NextVersionIdMarker } : undefined;
  }
}
