import { gzipSync } from 'node:zlib';
import { DeleteObjectCommand, HeadObjectCommand, NotFound, PutObjectCommand } from '@aws-sdk/client-s3';
import type { Archive } from './archive-bucket.ts';
import { erasedData } from './archived-data.ts';
import { type Found, unreadableReason } from './find-person.ts';
import { readLines } from './lines.ts';
import { asResult, ObjectError, readObject } from './object-bytes.ts';
import {
  deleteVersions,
  type ObjectLock,
  type ObjectVersion,
  unversioned,
  versioningOf,
  versionsOf,
} from './object-versions.ts';
import { matchPerson, type Person } from './person.ts';
import { parseLine } from './read-archive.ts';

/**
 * Erases what was found: rewrites objects without the person's lines, and deletes data and old versions. It can be stopped
 * at any moment and run again: data is first overwritten, and by that the next run knows the lines that are left.
 *
 * @returns how many lines were erased
 * @throws {Error} when something is locked: then nothing is erased. When erasing fails, the error names what is left.
 */
export async function erasePerson(archive: Archive, person: Person, { objects, data, locks }: Found): Promise<number> {
  if (locks.length > 0) throw new Error(`${locks.map(describeLock).join('\n')}\nNothing was erased.`);
  const isVersioned = (await versioningOf(archive)) !== undefined;
  const left = new Set([...data, ...objects]);
  const broken: unknown[] = [];
  let erased = 0;
  try {
    for (const key of data) {
      await replace(archive, key, await currentOf(archive, key, isVersioned), { Body: erasedData });
      left.delete(key);
    }
    for (const key of objects) {
      const rewritten = await rewrite(archive, key, person, isVersioned).catch(passOnUnlessBroken);
      if (typeof rewritten !== 'number') broken.push(rewritten);
      else {
        erased += rewritten;
        left.delete(key);
      }
    }
    // As long as a line points to it, it stays.
    for (const key of broken.length === 0 ? data : [])
      await remove(archive, await currentOf(archive, key, isVersioned)).catch(ignoreLock);
    if (broken.length > 0) throw broken[0];
  } catch (cause) {
    throw new Error(`Erasing failed. Events about the person are still in ${[...left].join(', ')}.`, { cause });
  }
  return erased;
}

export function describeLock({ key, mode, until }: ObjectLock): string {
  if (until === undefined) return `${key} has a legal hold and cannot be erased until somebody removes it.`;
  return `${key} is locked (${mode}) and cannot be erased before ${until}.`;
}

/** An object that cannot be written again. It does not keep others from being erased. */
class BrokenObjectError extends Error {
  override readonly name = 'BrokenObjectError';
}

function passOnUnlessBroken(error: unknown): BrokenObjectError {
  if (error instanceof BrokenObjectError) return error;
  throw error;
}

/** What has taken the place of data is locked too, where the bucket locks everything. Nothing is in it. */
function ignoreLock(error: unknown): void {
  if (!(error instanceof Error && error.name === 'AccessDenied')) throw error;
}

/** An object as it is before it is written again. */
interface Before {
  key: string;
  /** The newest first; `undefined` in a bucket that never kept any. */
  versions: ObjectVersion[] | undefined;
  etag: string | undefined;
}

async function currentOf(archive: Archive, key: string, isVersioned: boolean): Promise<Before> {
  if (isVersioned) {
    const versions = await versionsOf(archive, key);
    return { key, versions, etag: versions[0]?.etag };
  }
  try {
    const { ETag } = await archive.client.send(new HeadObjectCommand({ Bucket: archive.bucket, Key: key }));
    return { key, versions: undefined, etag: ETag };
  } catch (error) {
    if (error instanceof NotFound) return { key, versions: undefined, etag: undefined };
    throw error;
  }
}

/**
 * Reads the lines of all versions again, because another erasure may have moved them, and writes those of everybody else.
 * So an object that somebody removed or replaced comes back.
 *
 * @returns how many lines were erased
 */
async function rewrite(archive: Archive, key: string, person: Person, isVersioned: boolean): Promise<number> {
  const before = await currentOf(archive, key, isVersioned);
  if (before.versions === undefined && before.etag === undefined) return 0;
  const ids = before.versions?.filter(({ isMarker }) => !isMarker).map(({ id }) => id) ?? [undefined];
  const kept: string[] = [];
  const erased = new Set<string>();
  let count = 0;
  for (const [index, id] of ids.entries()) {
    const known = new Set(kept);
    for await (const { text, isErased } of linesOf(archive, key, id, person)) {
      if (isErased && (index === 0 || !erased.has(text))) count++;
      if (isErased) erased.add(text);
      else if (!known.has(text)) kept.push(text);
    }
  }
  if (erased.size === 0) return 0;
  if (kept.length === 0) await remove(archive, before);
  else {
    const { ContentType, ContentEncoding, Metadata } = await archive.client.send(
      new HeadObjectCommand({ Bucket: archive.bucket, Key: key, VersionId: ids[0] }),
    );
    const Body = gzipSync(kept.map((text) => `${text}\n`).join(''));
    await replace(archive, key, before, { Body, ContentType, ContentEncoding, Metadata });
  }
  return count;
}

async function* linesOf(archive: Archive, key: string, version: string | undefined, person: Person) {
  const bytes = await readObject(archive, key, version).catch(asResult);
  if (bytes instanceof ObjectError) throw new BrokenObjectError(`${key} cannot be rewritten: ${bytes.message}.`);
  for await (const lines of readLines(bytes)) {
    for (const line of lines) {
      if ('broken' in line)
        throw new BrokenObjectError(`${key} cannot be rewritten: in line ${line.number}, ${line.broken}.`);
      const found = parseLine(key, line);
      const match =
        'reason' in found
          ? 'no'
          : await matchPerson(archive, found.text, found.event, person).catch((error: unknown) => {
              unreadableReason(error);
              return 'no';
            });
      yield { text: line.text, isErased: match === 'yes' };
    }
  }
}

type Content = Pick<PutObjectCommand['input'], 'Body' | 'ContentType' | 'ContentEncoding' | 'Metadata'>;

/** Writes an object again, and deletes the versions that it had. */
async function replace(archive: Archive, key: string, { versions, etag }: Before, content: Content): Promise<void> {
  // Must not bring back what somebody else erased meanwhile, nor lose what they wrote.
  const unchanged = etag === undefined ? { IfNoneMatch: '*' } : { IfMatch: etag };
  const { VersionId: written = unversioned } = await archive.client.send(
    new PutObjectCommand({ Bucket: archive.bucket, Key: key, ...content, ...unchanged }),
  );
  // While versioning is suspended, what was written has replaced the version of this id.
  await deleteVersions(archive, versions?.filter(({ id }) => id !== written) ?? []);
}

async function remove(archive: Archive, { key, versions }: Before): Promise<void> {
  if (versions !== undefined) await deleteVersions(archive, versions);
  else await archive.client.send(new DeleteObjectCommand({ Bucket: archive.bucket, Key: key }));
}
