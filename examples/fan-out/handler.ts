import { Logger } from '@aws-lambda-powertools/logger';
import { PublishBatchCommand, SNSClient } from '@aws-sdk/client-sns';
import type { SQSBatchResponse, SQSEvent } from 'aws-lambda';
import { createClaimCheck } from 'messagemedia-webhook-receiver/events/claim-check';
import { forward } from './forward.ts';

const { TOPIC_ARN: TopicArn = '', OVERFLOW_BUCKET: bucket = '' } = process.env;
const logger = new Logger({ serviceName: 'fan-out' });

/** A call that hangs ends after 18 s. The function has 30 s. Messages that it does not reach in this time are retried. */
const clientSettings = { maxAttempts: 3, requestHandler: { connectionTimeout: 1_000, requestTimeout: 5_000 } };
const topic = new SNSClient(clientSettings);
const toClaimCheck = createClaimCheck(bucket, clientSettings);

/** Lambda's entry point. Messages that the topic did not accept stay on the queue. */
export async function handler({ Records }: SQSEvent): Promise<SQSBatchResponse> {
  const left = await forward(Records, {
    publish: (PublishBatchRequestEntries) =>
      topic.send(new PublishBatchCommand({ TopicArn, PublishBatchRequestEntries })),
    toClaimCheck,
    failed: (messageId, error) => {
      if (error === undefined) logger.warn('waits for an earlier message of its group', { messageId });
      else logger.error('not forwarded', { messageId, error: error as Error });
    },
  });
  return { batchItemFailures: left.map((itemIdentifier) => ({ itemIdentifier })) };
}
