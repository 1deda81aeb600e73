import { FirehoseClient, type FirehoseClientConfig, PutRecordCommand } from '@aws-sdk/client-firehose';
import type { SQSClient } from '@aws-sdk/client-sqs';
import { ConfiguredRetryStrategy } from '@smithy/core/retry';
import { archiveTypeOf } from '../archive-contract.ts';
import { ConnectingAgent, ReconnectingHandler } from '../connections.ts';
import { type EventType, metrics } from '../contract.ts';
import { withDeadline } from '../deadline.ts';
import type { ArchiveSettings } from '../environment.ts';
import { createQueueSender } from '../event/queue-sender.ts';
import { isUuid } from '../guards.ts';
import { describeError, type Log } from '../log.ts';
import { Sha256 } from '../sha256.ts';
import { rehearse } from '../warm-up.ts';
import { type Archiver, createArchiver } from './archiver.ts';

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

export interface ArchiverConnections {
  credentials: NonNullable<FirehoseClientConfig['credentials']>;
  sqs: SQSClient;
  log: Log;
}

/** Connects the archiver to Firehose, SQS and the log. `rehearse` prepares the first webhook that is archived. */
export function connectArchiver(
  { streams, queueUrl }: ArchiveSettings,
  { credentials, sqs, log }: ArchiverConnections,
): { archive: Archiver; rehearse: () => Promise<unknown> } {
  const agent = new ConnectingAgent();
  const firehose = new FirehoseClient({ ...firehoseSettings(agent), credentials });
  const archive = createArchiver({
    put: async (type: EventType, Data: Uint8Array) => {
      const DeliveryStreamName = streams.get(archiveTypeOf(type));
      const command = new PutRecordCommand({ DeliveryStreamName, Record: { Data } });
      const { RecordId } = await withDeadline(putDeadline, (options) => firehose.send(command, options));
      // A proxy that answers 200 instead of Firehose has archived nothing.
      if (!RecordId) throw new Error('Firehose answered without a RecordId, so it may not have the event');
    },
    enqueue: createQueueSender(sqs, queueUrl, enqueueDeadline),
    now: Date.now,
    pausing: (type, error) => log.warn('archiving through the queue', { type, cause: describeError(error) }),
    failed: ({ id, type }, error) =>
      log.error(
        'not archived',
        // As in the receiver: an id that is not a UUID may be any text.
        { ...(isUuid(id) && { id }), type, detail: describeError(error) },
        { values: { [metrics.archiveFailed]: 1 } },
      ),
  });
  return {
    archive,
    rehearse: () => {
      const [DeliveryStreamName] = streams.values();
      const record = new PutRecordCommand({ DeliveryStreamName, Record: { Data: Buffer.from('{}') } });
      return rehearse(record, () => firehose.send(record), agent, '{"RecordId":"rehearsed"}');
    },
  };
}
