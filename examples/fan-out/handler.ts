import { Logger } from '@aws-lambda-powertools/logger';
import { PublishBatchCommand, SNSClient } from '@aws-sdk/client-sns';
import type { SQSBatchResponse, SQSEvent } from 'aws-lambda';
import { forward } from './forward.ts';

const logger = new Logger({ serviceName: 'fan-out' });

/** A call that hangs ends after 18 s. The function has 30 s. Messages that it does not reach in this time are retried. */
const topic = new SNSClient({
  maxAttempts: 3,
  requestHandler: { connectionTimeout: 1_000, requestTimeout: 5_000, throwOnRequestTimeout: true },
});

/**
 * Lambda's entry point. Messages that the topic did not accept stay on the queue.
 *
 * @throws {Error} if it accepted none, so that this is an error in the function's metrics. All stay on the queue as before
 */
export async function handler({ Records }: SQSEvent): Promise<SQSBatchResponse> {
  const { TOPIC_ARN: TopicArn = '' } = process.env;
  const left = await forward(Records, {
    publish: (PublishBatchRequestEntries) =>
      topic.send(new PublishBatchCommand({ TopicArn, PublishBatchRequestEntries })),
    failed: (messageId, error) => {
      if (error === undefined) logger.warn('waits for an earlier message of its group', { messageId });
      else logger.error('not forwarded', { messageId, error: error as Error });
    },
  });
  if (left.length > 0 && left.length === Records.length)
    throw new Error(`None of ${left.length} messages was forwarded: the log has the reason for each`);
  return { batchItemFailures: left.map((itemIdentifier) => ({ itemIdentifier })) };
}
