import {
  DeleteObjectCommand,
  GetBucketLifecycleConfigurationCommand,
  GetBucketVersioningCommand,
  HeadObjectCommand,
  type LifecycleRule,
  ListObjectVersionsCommand,
  type ListObjectVersionsCommandOutput,
  NotFound,
} from '@aws-sdk/client-s3';
import type { Archive } from './archive-bucket.ts';
import { decodeKey, eventRanges, type KeyRange } from './objects.ts';
import type { Selection } from './selection.ts';

/** A version of an object, or the mark of its deletion. */
export interface ObjectVersion {
  key: string;
  /** `undefined` in a bucket that never kept any. */
  id: string | undefined;
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

/** The versions of an object, the newest first. */
export async function versionsOf(archive: Archive, key: string): Promise<ObjectVersion[]> {
  const versions: ObjectVersion[] = [];
  // A prefix also matches longer names.
  for await (const version of listVersions(archive, { prefix: key })) if (version.key === key) versions.push(version);
  return newestFirst(versions);
}

/** As {@link versionsOf}, in a bucket that never kept any: one, or none. */
export async function currentOf({ client, bucket }: Archive, key: string): Promise<ObjectVersion[]> {
  try {
    const { ETag: etag } = await client.send(new HeadObjectCommand({ Bucket: bucket, Key: key }));
    return [{ key, id: undefined, isLatest: true, isMarker: false, etag, at: 0 }];
  } catch (error) {
    if (error instanceof NotFound) return [];
    throw error;
  }
}

/** Deletes versions for good, the oldest first, so that none of them becomes the current one on the way. */
export async function deleteVersions({ client, bucket }: Archive, versions: readonly ObjectVersion[]): Promise<void> {
  for (const { key, id } of versions.toReversed())
    await client.send(new DeleteObjectCommand({ Bucket: bucket, Key: key, VersionId: id }));
}

/** A lock that keeps an object from being deleted. */
export interface ObjectLock {
  key: string;
  mode: string;
  /** RFC 3339; `undefined` for a legal hold, which has no end. */
  until: string | undefined;
}

/** Finds a lock that still holds, on any version of an object. */
export async function findLock(archive: Archive, key: string): Promise<ObjectLock | undefined> {
  const { client, bucket } = archive;
  for (const { id, isMarker } of await versionsOf(archive, key)) {
    if (isMarker) continue;
    const { ObjectLockMode, ObjectLockRetainUntilDate, ObjectLockLegalHoldStatus } = await client.send(
      new HeadObjectCommand({ Bucket: bucket, Key: key, VersionId: id }),
    );
    if (ObjectLockLegalHoldStatus === 'ON') return { key, mode: 'LEGAL HOLD', until: undefined };
    if (ObjectLockRetainUntilDate !== undefined && ObjectLockRetainUntilDate.getTime() > Date.now()) {
      return { key, mode: ObjectLockMode ?? '', until: ObjectLockRetainUntilDate.toISOString() };
    }
  }
  return undefined;
}

/** A version of an event object that is not the current one: somebody removed or replaced the object. */
export interface HiddenVersion {
  key: string;
  id: string | undefined;
  how: 'removed' | 'replaced';
  /** When it was removed or replaced, in milliseconds since the epoch. */
  at: number;
}

/**
 * Finds what a selection no longer shows, the newest version of each object first. What expired as the bucket's lifecycle
 * says is left out: nobody removed it.
 */
export async function findHidden(archive: Archive, selection: Selection): Promise<HiddenVersion[]> {
  const all: ObjectVersion[] = [];
  for (const range of eventRanges(selection))
    for await (const version of listVersions(archive, range)) all.push(version);
  const byKey = Map.groupBy(all, ({ key }) => key);
  const hidden = [...byKey.values()].flatMap((versions) => hiddenOf(newestFirst(versions)));
  if (!hidden.some(({ how }) => how === 'removed')) return hidden;
  const rules = await lifecycleOf(archive);
  return hidden.filter(({ key, how, at, written }) => how === 'replaced' || at < expiryOf(key, written, rules));
}

function hiddenOf(versions: readonly ObjectVersion[]): (HiddenVersion & { written: number })[] {
  return versions.flatMap(({ key, id, isLatest, isMarker, at: written }, index) => {
    if (isLatest || isMarker) return [];
    const at = versions[index - 1]?.at ?? written;
    return [{ key, id, how: versions[0]?.isMarker ? 'removed' : 'replaced', at, written }];
  });
}

function newestFirst(versions: readonly ObjectVersion[]): ObjectVersion[] {
  return versions.toSorted((one, other) => Number(other.isLatest) - Number(one.isLatest) || other.at - one.at);
}

async function* listVersions({ client, bucket }: Archive, { prefix, start, end = '\uffff' }: KeyRange) {
  const request = { Bucket: bucket, Prefix: prefix, EncodingType: 'url' as const };
  let next: { KeyMarker?: string | undefined; VersionIdMarker?: string | undefined } | undefined = { KeyMarker: start };
  while (next) {
    const page: ListObjectVersionsCommandOutput = await client.send(
      new ListObjectVersionsCommand({ ...request, ...next }),
    );
    const { Versions = [], DeleteMarkers = [], EncodingType, IsTruncated, NextKeyMarker, NextVersionIdMarker } = page;
    const versions = [
      ...Versions.map((version) => ({ ...version, isMarker: false })),
      ...DeleteMarkers.map((marker) => ({ ...marker, isMarker: true, ETag: undefined })),
    ].map(({ Key = '', VersionId: id, IsLatest: isLatest = false, isMarker, ETag: etag, LastModified }) => {
      return { key: decodeKey(Key, EncodingType), id, isLatest, isMarker, etag, at: LastModified?.getTime() ?? 0 };
    });
    const inside = versions.filter(({ key }) => key <= end);
    yield* inside;
    const marker = decodeKey(NextKeyMarker ?? '', EncodingType);
    next =
      IsTruncated && inside.length === versions.length
        ? { KeyMarker: marker, VersionIdMarker: NextVersionIdMarker }
        : undefined;
  }
}

async function lifecycleOf({ client, bucket }: Archive): Promise<readonly LifecycleRule[]> {
  try {
    const { Rules = [] } = await client.send(new GetBucketLifecycleConfigurationCommand({ Bucket: bucket }));
    return Rules;
  } catch (error) {
    if (error instanceof Error && error.name === 'NoSuchLifecycleConfiguration') return [];
    throw error;
  }
}

const day = 86_400_000;

/** When the first of the rules lets an object expire, in milliseconds since the epoch. */
function expiryOf(key: string, written: number, rules: readonly LifecycleRule[]): number {
  const days = rules.map(({ Status, Expiration, Filter = {}, Prefix = '' }) => {
    // A rule for tags or sizes may be about other objects.
    const { Prefix: filtered = Prefix, ...more } = Filter;
    const isAbout = Status === 'Enabled' && key.startsWith(filtered) && Object.keys(more).length === 0;
    return (isAbout && Expiration?.Days) || Number.POSITIVE_INFINITY;
  });
  return written + Math.min(...days) * day;
}
