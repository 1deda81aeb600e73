import { createHash } from 'node:crypto';
import { CopyObjectCommand } from '@aws-sdk/client-s3';
import { fromArchiveLine } from '../../lambda/archive/archive-line.ts';
import { archivePrefixes, dataKey } from '../../lambda/archive-contract.ts';
import type { QueuedEvent } from '../../lambda/contract.ts';
import { groupOf, identityOf } from '../../lambda/event/deduplication.ts';
import { datarefMember, writeEvent } from '../../lambda/event/queue-message.ts';
import type { ReadEvent } from '../../lambda/event/queued-event.ts';
import type { Archive } from './archive-bucket.ts';

/** A message of a replay, for SQS. */
export interface ReplayMessage {
  id: string;
  body: string;
  groupId: string;
  deduplicationId: string;
  /** Moves the data to S3. @returns the message without it; `undefined` if it is there already */
  offload?: () => Promise<ReplayMessage>;
}

/** Where a replay stores the data of large events. */
export interface DataTarget {
  store: (data: Uint8Array, contentType: string | undefined) => Promise<string>;
  /** Copies the data of an event from the archive. @returns its `dataref` */
  bringBack: (dataref: string) => Promise<string>;
}

/**
 * Makes the message as it was queued, with `mmreplay` as its first member, so that `data` stays last and unchanged. It has
 * the group that the receiver gave it. Its deduplication id differs between replays, and is the same within one.
 *
 * @param line of the archive
 * @param read the event of this line
 * @param target `undefined` when no bucket is known
 * @param account of its key, where keys name accounts
 * @throws {Error} when the event needs a bucket and none is known
 */
export async function toReplayMessage(
  line: string,
  read: ReadEvent,
  { replayId, target, account }: { replayId: string; target: DataTarget | undefined; account?: string | undefined },
): Promise<ReplayMessage> {
  const { id } = read.event;
  const queued = fromArchiveLine(line);
  const message = `{"mmreplay":${JSON.stringify(replayId)},${queued.slice(queued.indexOf('{') + 1)}`;
  const ids = {
    id,
    groupId: groupOf(read.event, account),
    deduplicationId: createHash('sha256')
      // A signed copy that comes later must not be dropped.
      .update(`${identityOf(read.event)} ${replayId}${read.signed === undefined ? ' polled' : ''}`)
      .digest('hex'),
  };
  const offload = async () => ({ ...ids, body: await withDataInS3(message, read, target) });
  return read.event.dataref === undefined ? { ...ids, body: message, offload } : offload();
}

async function withDataInS3(
  message: string,
  { event, signed }: ReadEvent,
  target: DataTarget | undefined,
): Promise<string> {
  if (target === undefined) {
    throw new Error(
      `The data of event ${event.id} must be stored in S3: give --stack, or the bucket for large events in OVERFLOW_BUCKET.`,
    );
  }
  const { data: _data, data_base64: _base64, dataref: _dataref, ...attributes }: QueuedEvent = JSON.parse(message);
  const dataref = await (event.dataref === undefined
    ? target.store(signed?.body ?? polledData(message), event.datacontenttype)
    : target.bringBack(event.dataref));
  return writeEvent(attributes, datarefMember(dataref));
}

/** The data of a polled event is JSON, and the last member. */
function polledData(message: string): Buffer {
  const member = ',"data":';
  return Buffer.from(message.slice(message.indexOf(member) + member.length, message.lastIndexOf('}')), 'utf8');
}

/** Copies data within S3, from the archive to the bucket that consumers read. There it is kept as long as new data. */
export function copyFromArchive({ client, bucket }: Archive, overflowBucket: string): DataTarget['bringBack'] {
  return async (dataref) => {
    const source = dataKey(dataref);
    const key = source.slice(archivePrefixes.data.length);
    await client.send(new CopyObjectCommand({ CopySource: `${bucket}/${source}`, Bucket: overflowBucket, Key: key }));
    return `s3://${overflowBucket}/${key}`;
  };
}
