import { gzipSync } from 'node:zlib';
import { HeadObjectCommand, PutObjectCommand, type PutObjectCommandInput } from '@aws-sdk/client-s3';
import { parseQueuedEvent } from '../../lambda/event/attributes.ts';
import type { Archive } from './archive-bucket.ts';
import { erasedData, unreadableReason } from './archived-data.ts';
import type { Found } from './find-person.ts';
import { readLines } from './lines.ts';
import { asResult, ObjectError, readObject } from './objects.ts';
import { matchPerson, type Person } from './person.ts';
import {
  currentOf,
  deleteVersions,
  type ObjectLock,
  type ObjectVersion,
  unversioned,
  versioningOf,
  versionsOf,
} from './versions.ts';

/**
 * Erases what was found: rewrites objects without the person's lines, and deletes data and old versions. It can be stopped
 * at any moment and run again: data is first overwritten, and by that the next run knows the lines that are left.
 *
 * @returns how many lines were erased
 * @throws {Error} when something is locked: then nothing is erased. When erasing fails, the error names what is left.
 */
export async function erasePerson(archive: Archive, person: Person, { objects, data, locks }: Found): Promise<number> {
  if (locks.length > 0) throw new Error(`${locks.map(describeLock).join('\n')}\nNothing was erased.`);
  const find = (await versioningOf(archive)) === undefined ? currentOf : versionsOf;
  const left = new Set([...data, ...objects]);
  const broken: BrokenObjectError[] = [];
  let erased = 0;
  try {
    for (const key of data) {
      await replace(archive, key, await find(archive, key), { Body: erasedData });
      left.delete(key);
    }
    for (const key of objects) {
      try {
        erased += await rewrite(archive, key, await find(archive, key), person);
        left.delete(key);
      } catch (error) {
        if (!(error instanceof BrokenObjectError)) throw error;
        broken.push(error);
      }
    }
    // As long as a line points to it, it stays.
    if (broken.length > 0) throw broken[0];
    for (const key of data) await deleteVersions(archive, await find(archive, key)).catch(ignoreLock);
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

/** What has taken the place of data is locked too, where the bucket locks everything. Nothing is in it. */
function ignoreLock(error: unknown): void {
  if (!(error instanceof Error && error.name === 'AccessDenied')) throw error;
}

/**
 * Reads the lines of all versions again, because another erasure may have moved them, and writes those of everybody else.
 * So an object that somebody removed or replaced comes back.
 *
 * @returns how many lines were erased
 */
async function rewrite(
  archive: Archive,
  key: string,
  versions: readonly ObjectVersion[],
  person: Person,
): Promise<number> {
  const ids = versions.filter(({ isMarker }) => !isMarker).map(({ id }) => id);
  const kept: string[] = [];
  const erased = new Set<string>();
  let count = 0;
  for (const [index, id] of ids.entries()) {
    const known = new Set(kept);
    for (const text of await linesOf(archive, key, id)) {
      if (await isAbout(archive, text, person)) {
        if (index === 0 || !erased.has(text)) count++;
        erased.add(text);
      } else if (!known.has(text)) kept.push(text);
    }
  }
  if (erased.size === 0) return 0;
  if (kept.length === 0) await deleteVersions(archive, versions);
  else {
    const { ContentType, ContentEncoding, Metadata } = await archive.client.send(
      new HeadObjectCommand({ Bucket: archive.bucket, Key: key, VersionId: ids[0] }),
    );
    const Body = gzipSync(kept.map((text) => `${text}\n`).join(''));
    await replace(archive, key, versions, { Body, ContentType, ContentEncoding, Metadata });
  }
  return count;
}

async function linesOf(archive: Archive, key: string, version: string | undefined): Promise<string[]> {
  const bytes = await readObject(archive, key, version).catch(asResult);
  if (bytes instanceof ObjectError) throw new BrokenObjectError(`${key} cannot be rewritten: ${bytes.message}.`);
  const texts: string[] = [];
  for await (const line of readLines(bytes)) {
    if ('broken' in line)
      throw new BrokenObjectError(`${key} cannot be rewritten: in line ${line.number}, ${line.broken}.`);
    texts.push(line.text);
  }
  return texts;
}

/** What cannot be read stays: whoever erases was told of it. */
async function isAbout(archive: Archive, text: string, person: Person): Promise<boolean> {
  try {
    return (await matchPerson(archive, text, parseQueuedEvent(text), person)) === 'yes';
  } catch (error) {
    unreadableReason(error);
    return false;
  }
}

/** Writes an object in the place of all its versions. @throws {Error} when somebody else has written it meanwhile */
async function replace(
  { client, bucket }: Archive,
  key: string,
  versions: readonly ObjectVersion[],
  content: Partial<PutObjectCommandInput>,
): Promise<void> {
  const etag = versions[0]?.etag;
  const unchanged = etag === undefined ? { IfNoneMatch: '*' } : { IfMatch: etag };
  const { VersionId: written = unversioned } = await client.send(
    new PutObjectCommand({ Bucket: bucket, Key: key, ...content, ...unchanged }),
  );
  // While versioning is suspended, what was written has replaced the version of this id.
  const old = versions.filter(({ id }) => id !== undefined && id !== written);
  await deleteVersions({ client, bucket }, old);
}
