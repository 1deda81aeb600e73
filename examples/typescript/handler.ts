import { randomUUID } from 'node:crypto';
import { processPartialResponse, SqsFifoPartialProcessorAsync } from '@aws-lambda-powertools/batch';
import { IdempotencyConfig, makeIdempotent } from '@aws-lambda-powertools/idempotency';
import { DynamoDBPersistenceLayer } from '@aws-lambda-powertools/idempotency/dynamodb';
import { Logger } from '@aws-lambda-powertools/logger';
import { S3Client } from '@aws-sdk/client-s3';
import type { SQSBatchResponse, SQSHandler, SQSRecord } from 'aws-lambda';
import { idempotencyKey, openQueuedEvent, type WebhookEvent } from 'messagemedia-webhook-receiver/events';
import { fetchFromS3 } from 'messagemedia-webhook-receiver/events/s3';
import { onEvent } from './on-event.ts';
import { signatureCheck } from './signature-check.ts';

const { IDEMPOTENCY_TABLE: tableName = '', OVERFLOW_BUCKET: bucket = '', KEYRING_SECRET_ID: keyring } = process.env;
const handlesReplays = readReplays(process.env.REPLAYS);
const logger = new Logger({ serviceName: 'consumer' });

const fetchData = fetchFromS3(new S3Client({}), bucket);
const checkSignature = keyring ? signatureCheck(keyring, (message) => logger.warn(message)) : undefined;

// Longer than an event can wait: 14 days in the queue, and 14 in the dead-letter queue.
const idempotency = new IdempotencyConfig({ eventKeyJmesPath: 'id', expiresAfterSeconds: 60 * 24 * 60 * 60 });
/** Handles an event unless it was handled before. @returns the attempt that handled it, an earlier one or this one */
const onEventOnce = makeIdempotent(
  async (_key: { id: string }, event: WebhookEvent, attempt: string): Promise<string> => {
    await onEvent(event);
    return attempt;
  },
  { config: idempotency, persistenceStore: new DynamoDBPersistenceLayer({ tableName }) },
);

const processor = new SqsFifoPartialProcessorAsync();

/** Lambda's entry point. If a message fails, the later ones of its group fail too, and no others. */
export const handler: SQSHandler = async (event, context): Promise<SQSBatchResponse> => {
  idempotency.registerLambdaContext(context);
  return processPartialResponse(event, onRecord, processor, {
    context,
    skipGroupOnError: true,
    throwOnFullBatchFailure: false,
  });
};

async function onRecord({ body, messageId }: SQSRecord): Promise<void> {
  let eventId: string | undefined;
  try {
    const read = await openQueuedEvent(body, fetchData);
    eventId = read.event.id;
    await checkSignature?.(read);
    const attempt = randomUUID();
    const isFirst = (await onEventOnce({ id: memoryKey(read.event) }, read.event, attempt)) === attempt;
    logger.info(isFirst ? 'handled' : 'skipped: it was handled before', { eventId, messageId });
  } catch (error) {
    logger.error('not handled', { eventId, messageId, error: error as Error });
    throw error;
  }
}

/** An event that comes out of the archive has its effect anew only if that is wanted: then once for each replay. */
function memoryKey(event: WebhookEvent): string {
  const key = idempotencyKey(event);
  return handlesReplays && event.mmreplay !== undefined ? `${key} ${event.mmreplay}` : key;
}

function readReplays(value = 'skip'): boolean {
  if (value === 'handle' || value === 'skip') return value === 'handle';
  throw new Error(`REPLAYS is ${value}: it must be handle or skip.`);
}
