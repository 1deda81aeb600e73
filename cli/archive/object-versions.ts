import {
  DeleteObjectCommand,
  GetBucketVersioningCommand,
  HeadObjectCommand,
  ListObjectVersionsCommand,
  type ListObjectVersionsCommandOutput,
} from '@aws-sdk/client-s3';
import type { Archive } from './archive-bucket.ts';

/** A lock that keeps an object from being deleted. */
export interface ObjectLock {
  key: string;
  mode: string;
  /** RFC 3339; `undefined` for a legal hold, which has no end. */
  until: string | undefined;
}

/** Whether the bucket keeps old versions. Without versions there are no locks either. */
export async function isVersioned({ client, bucket }: Archive): Promise<boolean> {
  const { Status } = await client.send(new GetBucketVersioningCommand({ Bucket: bucket }));
  return Status !== undefined;
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

/** Deletes every version of an object except `kept`. */
export async function deleteVersions(archive: Archive, key: string, kept?: string): Promise<void> {
  const { client, bucket } = archive;
  for (const { id } of await versionsOf(archive, key)) {
    if (id !== kept) await client.send(new DeleteObjectCommand({ Bucket: bucket, Key: key, VersionId: id }));
  }
}

interface Version {
  id: string | undefined;
  isMarker: boolean;
}

async function versionsOf({ client, bucket }: Archive, key: string): Promise<Version[]> {
  const versions: Version[] = [];
  let next: { KeyMarker?: string | undefined; VersionIdMarker?: string | undefined } | undefined = {};
  while (next) {
    const page: ListObjectVersionsCommandOutput = await client.send(
      new ListObjectVersionsCommand({ Bucket: bucket, Prefix: key, ...next }),
    );
    const { Versions = [], DeleteMarkers = [], IsTruncated, NextKeyMarker, NextVersionIdMarker } = page;
    // A prefix also matches longer names.
    for (const { Key, VersionId: id } of Versions) if (Key === key) versions.push({ id, isMarker: false });
    for (const { Key, VersionId: id } of DeleteMarkers) if (Key === key) versions.push({ id, isMarker: true });
    next = IsTruncated ? { KeyMarker: NextKeyMarker, VersionIdMarker: NextVersionIdMarker } : undefined;
  }
  return versions;
}
