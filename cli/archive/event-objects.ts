import { paginateListObjectsV2 } from '@aws-sdk/client-s3';
import { archivePrefixes, archiveTypeOf, eventPartition, keyPartition } from '../../lambda/archive-contract.ts';
import { type EventType, eventTypes } from '../../lambda/contract.ts';
import type { Archive } from './archive-bucket.ts';
import { mergeSorted } from './merge.ts';
import { earlierArrival, laterArrival, type Selection } from './selection.ts';

/** An object of the archive. */
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
 * Lists the objects that can hold events of a selection, by hour of arrival, all types of an hour together. Each type is
 * listed from its first hour on, so earlier objects cost nothing.
 *
 * @param now in milliseconds since the epoch. Later hours hold nothing
 */
export async function* listEventObjects(
  archive: Archive,
  { from, to, types = Object.values(eventTypes) }: Selection,
  now: number,
): AsyncGenerator<StoredObject> {
  const last = new Date(to === undefined ? now : Math.min(to + laterArrival, now));
  const listings = types.map((type) => {
    const prefix = `${archivePrefixes.events}type=${archiveTypeOf(type)}/`;
    const start = from === undefined ? prefix : partitionBefore(type, from);
    return list(archive, prefix, start, eventPartition(type, last) + behind);
  });
  yield* mergeSorted(listings, ({ key }) => behindType(key));
}

/** Lists the objects with the keyrings of a selection's days, plus one day at both ends. */
export function listKeyrings(archive: Archive, { from, to }: Selection, now: number): AsyncGenerator<StoredObject> {
  const last = new Date((to ?? now) + laterArrival + day);
  const start = from === undefined ? archivePrefixes.keys : keyPartition(new Date(from - day));
  return list(archive, archivePrefixes.keys, start, keyPartition(last) + behind);
}

function partitionBefore(type: EventType, from: number): string {
  return eventPartition(type, new Date(from - earlierArrival));
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

/** How much there is to read. */
export interface Amount {
  objects: number;
  bytes: number;
}

/** Counts what a selection reads, without reading it. */
export async function measure(archive: Archive, selection: Selection, now: number): Promise<Amount> {
  const amount = { objects: 0, bytes: 0 };
  for await (const { size } of listEventObjects(archive, selection, now)) {
    amount.objects++;
    amount.bytes += size;
  }
  return amount;
}
