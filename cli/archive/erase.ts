import { gzipSync } from 'node:zlib';
import { DeleteObjectCommand, HeadObjectCommand, PutObjectCommand } from '@aws-sdk/client-s3';
import { dataKey } from '../../lambda/archive-contract.ts';
import type { Archive } from './archive-bucket.ts';
import { isUnreadable } from './archived-data.ts';
import type { StoredObject } from './event-objects.ts';
import { readLines } from './lines.ts';
import { readObject } from './object-bytes.ts';
import { deleteVersions, findLock, isVersioned, type ObjectLock } from './object-versions.ts';
import { isAbout, type Person } from './person.ts';
import { type ArchivedEvent, type BrokenLine, parseLine, readArchive } from './read-archive.ts';
import type { Selection } from './selection.ts';

export interface Found {
  events: number;
  /** Keys of objects with events about the person. */
  objects: string[];
  /** Keys of objects with the data of large events. */
  data: string[];
  locks: ObjectLock[];
  /** Lines that cannot be read, so they may be about the person. */
  unreadable: BrokenLine[];
}

export async function findPerson(
  archive: Archive,
  person: Person,
  {
    selection,
    now,
    onRead,
  }: { selection: Selection; now: number; onRead?: (object: StoredObject, events: number) => void },
): Promise<Found> {
  const [objects, data] = [new Set<string>(), new Set<string>()];
  const unreadable: BrokenLine[] = [];
  let [seen, events] = [0, 0];
  const observer = {
    broken: (line: BrokenLine) => unreadable.push(line),
    read: (object: StoredObject) => onRead?.(object, seen),
  };
  for await (const { object, line, text: own, event } of readArchive(archive, selection, now, observer)) {
    seen++;
    const isIt = await isAbout(archive, own, event, person).catch((error: unknown) => {
      unreadable.push({ object, line, reason: unreadableReason(error) });
      return false;
    });
    if (!isIt) continue;
    events++;
    objects.add(object);
    if (event.dataref !== undefined) data.add(dataKey(event.dataref));
  }
  const locks: ObjectLock[] = [];
  for (const key of (await isVersioned(archive)) ? [...objects, ...data] : []) {
    const lock = await findLock(archive, key, now);
    if (lock) locks.push(lock);
  }
  return { events, objects: [...objects], data: [...data], locks, unreadable };
}

/** Why an event cannot be read. @throws an error that has another cause than the event */
function unreadableReason(error: unknown): string {
  if (isUnreadable(error)) return error.message;
  throw error;
}

/**
 * Erases what was found: rewrites objects without the person's lines, and deletes data and old versions.
 *
 * @returns how many lines were erased
 * @throws {Error} when something is locked: then nothing is erased. When erasing fails, the error names what is left.
 */
export async function erasePerson(archive: Archive, person: Person, { objects, data, locks }: Found): Promise<number> {
  if (locks.length > 0) throw new Error(`${locks.map(describeLock).join('\n')}\nNothing was erased.`);
  const versioned = await isVersioned(archive);
  const left = new Set([...objects, ...data]);
  let erased = 0;
  try {
    for (const key of left) {
      if (data.includes(key)) await remove(archive, key, versioned);
      else erased += await rewrite(archive, key, person, versioned);
      left.delete(key);
    }
  } catch (cause) {
    throw new Error(`Erasing failed. Events about the person are still in ${[...left].join(', ')}.`, { cause });
  }
  return erased;
}

export function describeLock({ key, mode, until }: ObjectLock): string {
  if (until === undefined) return `${key} has a legal hold and cannot be erased until somebody removes it.`;
  return `${key} is locked (${mode}) and cannot be erased before ${until}.`;
}

/** Reads the lines again, because another erasure may have moved them. @returns how many were erased */
async function rewrite(archive: Archive, object: string, person: Person, versioned: boolean): Promise<number> {
  const { client, bucket } = archive;
  const { ETag, ContentType, ContentEncoding, Metadata } = await client.send(
    new HeadObjectCommand({ Bucket: bucket, Key: object }),
  );
  const { body, kept, erased } = await withoutPerson(archive, object, person);
  if (erased === 0) return 0;
  if (kept === 0) {
    await remove(archive, object, versioned);
    return erased;
  }
  const { VersionId } = await client.send(
    new PutObjectCommand({
      ...{ Bucket: bucket, Key: object, Body: body, ContentType, ContentEncoding, Metadata },
      // Must not bring back what somebody else erased meanwhile.
      IfMatch: ETag,
    }),
  );
  if (versioned) await deleteVersions(archive, object, VersionId);
  return erased;
}

async function withoutPerson(archive: Archive, object: string, person: Person) {
  const kept: string[] = [];
  let erased = 0;
  for await (const lines of readLines(await readObject(archive, object))) {
    for (const line of lines) {
      if ('broken' in line) throw new Error(`${object} cannot be rewritten: in line ${line.number}, ${line.broken}.`);
      if (await isErased(archive, parseLine(object, line), person)) erased++;
      else kept.push(`${line.text}\n`);
    }
  }
  return { body: gzipSync(kept.join('')), kept: kept.length, erased };
}

async function isErased(archive: Archive, line: ArchivedEvent | BrokenLine, person: Person): Promise<boolean> {
  if ('reason' in line) return false;
  return isAbout(archive, line.text, line.event, person).catch((error: unknown) => {
    unreadableReason(error);
    return false;
  });
}

async function remove(archive: Archive, key: string, versioned: boolean): Promise<void> {
  if (versioned) await deleteVersions(archive, key);
  else await archive.client.send(new DeleteObjectCommand({ Bucket: archive.bucket, Key: key }));
}
