import { type EventType, eventKinds } from './event/kinds.ts';

/**
 * What the writers and the readers of an archive agree on: infrastructure, functions, terminal. An archive is a bucket that
 * can be read without the stack that wrote it.
 *
 *     events/type=delivery_report/year=2026/month=11/day=25/hour=10/…   queued messages, one a line, gzip; hour of arrival, UTC
 *     keys/year=2026/month=11/day=25/<hash>.json                        public keys of the day, as the keyring secret has them
 *     data/<SHA-256 in hex>                                             data of large events; a `dataref` ends in the same hash
 *     failed/…                                                          what Firehose could not write below `events/`
 */
export const archivePrefixes = { events: 'events/', keys: 'keys/', data: 'data/', failed: 'failed/' } as const;

/** Ending of every object under `events/`. */
export const archiveFileExtension = '.jsonl.gz';

/** Name of the archive function in its log. */
export const archiveService = 'archive';

/** What the archive adds to the environment of a function that writes it. */
export const archiveEnvironment = {
  /** Firehose streams by type of event: `delivery_report=<name>,reply=<name>,…`. Without it nothing is archived. */
  streams: 'ARCHIVE_STREAMS',
  /** URL of the SQS queue for events that a stream does not accept. */
  queueUrl: 'ARCHIVE_QUEUE_URL',
  /** Name of the bucket. */
  bucket: 'ARCHIVE_BUCKET',
} as const;

/** Name of a type of event in its partition. */
export function archiveTypeOf(type: EventType): string {
  return String(Object.values(eventKinds).find((kind) => kind.type === type)?.inArchive);
}

/** Prefix of the events of a type that arrived in an hour. @param arrival any time of the hour; only its UTC hour counts */
export function eventPartition(type: EventType, arrival: Date): string {
  const hour = String(arrival.getUTCHours()).padStart(2, '0');
  return `${archivePrefixes.events}type=${archiveTypeOf(type)}/${dayPartition(arrival)}hour=${hour}/`;
}

/** Prefix of the keyrings of a day. */
export function keyPartition(day: Date): string {
  return `${archivePrefixes.keys}${dayPartition(day)}`;
}

/** Key of the data of a large event. @param dataref of the event: `s3://<bucket>/<SHA-256 in hex>` */
export function dataKey(dataref: string): string {
  return `${archivePrefixes.data}${dataref.slice(dataref.lastIndexOf('/') + 1)}`;
}

function dayPartition(date: Date): string {
  const [year, month, day] = date.toISOString().split(/[-T]/);
  return `year=${year}/month=${month}/day=${day}/`;
}
