import { processPartialResponse, SqsFifoPartialProcessorAsync } from '@aws-lambda-powertools/batch';
import { Logger } from '@aws-lambda-powertools/logger';
import { S3Client } from '@aws-sdk/client-s3';
import type { SQSBatchResponse, SQSHandler, SQSRecord } from 'aws-lambda';
import { openQueuedEvent, type WebhookEvent } from 'messagemedia-webhook-receiver/events';
import { fetchFromS3 } from 'messagemedia-webhook-receiver/events/s3';
import { clientLimits } from './clients.ts';
import { eventMemory } from './event-memory.ts';
import { onEvent } from './on-event.ts';
import { comesAgain, deleteNow, groupOf, handBack, inNewOrder, retryDelay, unbegunDelay } from './retries.ts';
import { signatureCheck } from './signature-check.ts';
import { type TimeLeft, timeLeft, within } from './time-left.ts';

const { IDEMPOTENCY_TABLE: tableName = '', OVERFLOW_BUCKET: bucket = '', KEYRING_SECRET_ID: keyring } = process.env;
const logger = new Logger({ serviceName: 'consumer' });
const memory = eventMemory(tableName, readSetting('REPLAYS', ['skip', 'handle']) === 'handle');
const refusesPolled = readSetting('POLLED', ['handle', 'refuse']) === 'refuse';
const fetchData = fetchFromS3(new S3Client(clientLimits), bucket);
const checkSignature = keyring
  ? signatureCheck(keyring, (message, error) => logger.warn(message, { error }))
  : undefined;
/** How long the largest event may take to come from S3, in milliseconds. */
const longestFetch = 8_000;

const processor = new SqsFifoPartialProcessorAsync();

/** Lambda's entry point. If a message fails, the later ones of its group fail too, and no others. */
export const handler: SQSHandler = async ({ Records: records }, context): Promise<SQSBatchResponse> => {
  if (records.length === 0) return { batchItemFailures: [] };
  const time = timeLeft(context);
  const isAgain = comesAgain(records);
  /** When each group that is not done comes back, in seconds. */
  const delays = new Map<string, number>();
  memory.begin(time);
  let hasBegun = false;

  const onRecord = async (record: SQSRecord): Promise<void> => {
    const isBegun = time.isEnough();
    hasBegun ||= isBegun;
    try {
      if (!isBegun) throw new Error('Too little time is left');
      await handle(record, time);
    } catch (error) {
      // If nothing was begun, it would be the same again at once.
      delays.set(groupOf(record), hasBegun && !isBegun ? unbegunDelay(record) : retryDelay(record));
      if (!isBegun) logger.warn('not begun: too little time is left', { messageId: record.messageId });
      throw error;
    }
    if (isAgain) await tellSqs(time, deleteNow(record));
  };

  const batch = isAgain ? inNewOrder(records) : records;
  const answer = await processPartialResponse({ Records: batch }, onRecord, processor, {
    skipGroupOnError: true,
    throwOnFullBatchFailure: false,
  });
  const failed = new Set(answer.batchItemFailures.map(({ itemIdentifier }) => itemIdentifier));
  const back = batch.filter(({ messageId }) => failed.has(messageId));
  const handedBack = back.map((record) => ({ record, seconds: delays.get(groupOf(record)) ?? retryDelay(record) }));
  await tellSqs(time, handBack(handedBack));
  // So that it counts as an error of the function. SQS gets the whole batch back, as it would with the answer.
  if (failed.size === records.length) throw new Error('No event of the batch was handled');
  return answer;
};

async function handle({ body, messageId }: SQSRecord, time: TimeLeft): Promise<void> {
  const begun = Date.now();
  let eventId: string | undefined;
  try {
    const fetchTime = Math.min(longestFetch, time.forEvent());
    const read = await within(fetchTime, 'Reading the event', openQueuedEvent(body, fetchData));
    eventId = read.event.id;
    // It was fetched from MessageMedia's API, because its webhook did not arrive.
    if (read.signed === undefined && refusesPolled) throw new Error('The event was never signed, and POLLED is refuse');
    await checkSignature?.(read);
    const isFirst = await handleOnce(read.event, time);
    logger.info(isFirst ? 'handled' : 'skipped: it was handled before', { eventId, messageId });
  } catch (error) {
    logger.error('not handled', { eventId, messageId, error: error as Error });
    throw error;
  } finally {
    time.took(Date.now() - begun);
  }
}

/**
 * If `onEvent` does not end in time, it stays in progress in the table until Lambda has ended the function. So it is not
 * begun a second time while it runs, and is remembered if it ends late. @returns whether it was called
 */
async function handleOnce(event: WebhookEvent, time: TimeLeft): Promise<boolean> {
  let isFirst = false;
  const late = Promise.withResolvers<never>();
  const handled = memory.once(event, async () => {
    isFirst = true;
    const end = setTimeout(() => late.reject(new Error('onEvent did not end in time')), time.forEvent());
    try {
      await onEvent(event);
    } finally {
      clearTimeout(end);
    }
  });
  await Promise.race([handled, late.promise]);
  return isFirst;
}

/** Without it everything is done too, only later. */
async function tellSqs(time: TimeLeft, call: Promise<void>): Promise<void> {
  try {
    await within(time.untilEnd() / 2, 'The call of SQS', call);
  } catch (error) {
    logger.warn('SQS does not know yet what was handled', { error: error as Error });
  }
}

/** @param values all that it may be; the first is the default */
function readSetting(name: string, values: [string, string]): string {
  const value = process.env[name] ?? values[0];
  if (values.includes(value)) return value;
  throw new Error(`${name} is ${value}: it must be ${values.join(' or ')}.`);
}
