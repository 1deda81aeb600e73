import { FirehoseClient, type FirehoseClientConfig, PutRecordCommand } from '@aws-sdk/client-firehose';
import type { SQSClient } from '@aws-sdk/client-sqs';
import { ConfiguredRetryStrategy } from '@smithy/core/retry';
import { archiveTypeOf } from '../archive-contract.ts';
import { ConnectingAgent, ReconnectingHandler } from '../connections.ts';
import { type EventType, metrics } from '../contract.ts';
import { withDeadline } from '../deadline.ts';
import type { ArchiveSettings } from '../environment.ts';
import type { QueueMessage } from '../event/queue-message.ts';
import { createQueueSender } from '../event/queue-sender.ts';
import { isUuid } from '../guards.ts';
import { describeError, type Log } from '../log.ts';
import { Sha256 } from '../sha256.ts';
import { rehearse } from '../warm-up.ts';
import { toArchiveLine } from './archive-line.ts';

/** A stream gets two tries. Both deadlines together are shorter than the deadline of the send to SQS at the same time. */
const firehoseSettings = (httpsAgent: ConnectingAgent): FirehoseClientConfig => ({
  sha256: Sha256,
  requestHandler: new ReconnectingHandler({
    connectionTimeout: 500,
    requestTimeout: 900,
    throwOnRequestTimeout: true,
    httpsAgent,
  }),
  retryStrategy: new ConfiguredRetryStrategy(2, () => 50),
});
const putDeadline = 2_000;
const enqueueDeadline = 2_500;

/** Most bytes that Firehose accepts as one record (1,000 KiB). */
export const maxRecordBytes = 1_024_000;

/** How long a stream is not tried after it failed, in milliseconds: a webhook that waits for it costs time. */
export const pauseMilliseconds = 10_000;

export interface ArchiverConnections {
  credentials: NonNullable<FirehoseClientConfig['credentials']>;
  sqs: SQSClient;
  log: Log;
}

/**
 * Archives messages that are also queued, through a stream, which is cheap. Some go to the archive's queue, which costs more:
 * events that are too large for a record, events whose data is in S3 and must be copied, and all events while the stream fails.
 *
 * @returns `archive`, which never rejects, so that no webhook is refused because of the archive, and `rehearse`, which prepares
 *   the first webhook that is archived
 */
export function createArchiver({ streams, queueUrl }: ArchiveSettings, { credentials, sqs, log }: ArchiverConnections) {
  const agent = new ConnectingAgent();
  const firehose = new FirehoseClient({ ...firehoseSettings(agent), credentials });
  const enqueue = createQueueSender(sqs, queueUrl, enqueueDeadline);
  const resumesAt = new Map<EventType, number>();

  /** @returns whether the stream accepted it */
  async function stream({ type, body, dataref }: QueueMessage): Promise<boolean> {
    if (dataref !== undefined || Date.now() < (resumesAt.get(type) ?? 0)) return false;
    const Data = Buffer.from(`${toArchiveLine(body)}\n`);
    if (Data.length > maxRecordBytes) return false;
    try {
      const command = new PutRecordCommand({ DeliveryStreamName: streams.get(archiveTypeOf(type)), Record: { Data } });
      const { RecordId } = await withDeadline(putDeadline, (options) => firehose.send(command, options));
      // A proxy that answers 200 instead of Firehose has archived nothing.
      if (!RecordId) throw new Error('Firehose answered without a RecordId, so it may not have the event');
      return true;
    } catch (error) {
      resumesAt.set(type, Date.now() + pauseMilliseconds);
      log.warn('archiving through the queue', { type, cause: describeError(error) });
      return false;
    }
  }

  return {
    archive: async (message: QueueMessage): Promise<void> => {
      try {
        if (!(await stream(message))) await enqueue(message);
      } catch (error) {
        const { id, type } = message;
        // As in the receiver: an id that is not a UUID may be any text.
        const fields = { ...(isUuid(id) && { id }), type, detail: describeError(error) };
        log.error('not archived', fields, { values: { [metrics.archiveFailed]: 1 } });
      }
    },
    rehearse: () => {
      const [DeliveryStreamName] = streams.values();
      const record = new PutRecordCommand({ DeliveryStreamName, Record: { Data: Buffer.from('{}') } });
      return rehearse(record, () => firehose.send(record), agent, '{"RecordId":"rehearsed"}');
    },
  };
}
