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

/** Keys that have a prefix, between two others. */
interface KeyRange {
  prefix: string;
  /** The first key comes after it. */
  start: string;
  /** The last key comes before it. */
  end: string;
}

const day = 86_400_000;
/** Sorts after everything that begins with the same text. */
const behind = '\uffff';

/** Where the events of a selection are, for each type. @param now in milliseconds since the epoch. Later hours hold nothing */
export function eventRanges(
  { from, to = Number.POSITIVE_INFINITY, types = Object.values(eventTypes) }: Selection,
  now: number,
): KeyRange[] {
  // An hour that begins at `to` is not selected.
  const last = new Date(Math.min(to - 1, now));
  return types.map((type) => {
    const prefix = `${archivePrefixes.events}type=${archiveTypeOf(type)}/`;
    const start = from === undefined ? prefix : eventPartition(type, new Date(from));
    return { prefix, start, end: eventPartition(type, last) + behind };
  });
}

/** Lists the objects of a selection by hour of arrival, all types of an hour together. */
export async function listEventObjects(archive: Archive, selection: Selection, now: number): Promise<StoredObject[]> {
  const objects: StoredObject[] = [];
  for (const range of eventRanges(selection, now))
    for await (const object of list(archive, range)) objects.push(object);
  return objects.sort((one, other) => (behindType(one.key) < behindType(other.key) ? -1 : 1));
}

/** Lists the objects with the keyrings of a selection's days, plus one day at both ends. */
export function listKeyrings(archive: Archive, { from, to }: Selection, now: number): AsyncGenerator<StoredObject> {
  const prefix = archivePrefixes.keys;
  const start = from === undefined ? prefix : keyPartition(new Date(from - day));
  return list(archive, { prefix, start, end: keyPartition(new Date((to ?? now) + day)) + behind });
}

async function* list({ client, bucket }: Archive, { prefix, start, end }: KeyRange): AsyncGenerator<StoredObject> {
  // XML cannot hold every character of a key.
  const encoded = { Bucket: bucket, Prefix: prefix, EncodingType: 'url' } as const;
  const request = { ...encoded, ...(start !== prefix && { StartAfter: start }) };
  for await (const { Contents = [], EncodingType } of paginateListObjectsV2({ client }, request)) {
    for (const { Key = '', Size: size = 0, LastModified } of Contents) {
      const key = decodeKey(Key, EncodingType);
      if (key > end) return;
      yield { key, size, lastModified: LastModified?.getTime() ?? 0 };
    }
  }
}

/** A key as S3 lists it. */
export function decodeKey(key: string, encoding: string | undefined): string {
  return encoding === 'url' ? decodeURIComponent(key.replaceAll('+', ' ')) : key;
}

/** What follows the type in the key of an event object, which begins with the hour. */
function behindType(key: string): string {
  return key.slice(key.indexOf('/', archivePrefixes.events.length));
}
