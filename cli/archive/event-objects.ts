import { paginateListObjectsV2 } from '@aws-sdk/client-s3';
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

const day = 86_400_000;
/** Sorts after everything that begins with the same text. */
const behind = '\uffff';

/**
 * Lists the objects of a selection by hour of arrival, all types of an hour together.
 *
 * @param now in milliseconds since the epoch. Later hours hold nothing
 */
export async function listEventObjects(
  archive: Archive,
  { from, to = Number.POSITIVE_INFINITY, types = Object.values(eventTypes) }: Selection,
  now: number,
): Promise<StoredObject[]> {
  // An hour that begins at `to` is not selected.
  const last = new Date(Math.min(to - 1, now));
  const objects: StoredObject[] = [];
  for (const type of types) {
    const prefix = `${archivePrefixes.events}type=${archiveTypeOf(type)}/`;
    const start = from === undefined ? prefix : eventPartition(type, new Date(from));
    for await (const object of list(archive, prefix, start, eventPartition(type, last) + behind)) objects.push(object);
  }
  return objects.sort((one, other) => (behindType(one.key) < behindType(other.key) ? -1 : 1));
}

/** Lists the objects with the keyrings of a selection's days, plus one day at both ends. */
export function listKeyrings(archive: Archive, { from, to }: Selection, now: number): AsyncGenerator<StoredObject> {
  const start = from === undefined ? archivePrefixes.keys : keyPartition(new Date(from - day));
  return list(archive, archivePrefixes.keys, start, keyPartition(new Date((to ?? now) + day)) + behind);
}

/** @param start the first key comes after it @param end the last key comes before it */
async function* list(
  { client, bucket }: Archive,
  prefix: string,
  start: string,
  end: string,
): AsyncGenerator<StoredObject> {
  const request = { Bucket: bucket, Prefix: prefix, ...(start !== prefix && { StartAfter: start }) };
  for await (const { Contents = [] } of paginateListObjectsV2({ client }, request)) {
    for (const { Key: key = '', Size: size = 0, LastModified } of Contents) {
      if (key > end) return;
      yield { key, size, lastModified: LastModified?.getTime() ?? 0 };
    }
  }
}

/** What follows the type in the key of an event object, which begins with the hour. */
function behindType(key: string): string {
  return key.slice(key.indexOf('/', archivePrefixes.events.length));
}
