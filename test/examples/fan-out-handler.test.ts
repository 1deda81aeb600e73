import { CreateTopicCommand, SNSClient, SubscribeCommand } from '@aws-sdk/client-sns';
import { GetQueueAttributesCommand } from '@aws-sdk/client-sqs';
import { afterAll, beforeAll, expect, jest, test } from '@jest/globals';
import type { SQSEvent } from 'aws-lambda';
import { localCredentials } from '../../sandbox/aws/credentials.ts';
import { type LocalQueue, startQueue } from '../../sandbox/aws/queue.ts';
import { watchClients } from '../client-limits.ts';
import { receive, toRecord } from './messages.ts';

const event = (...groups: string[]): SQSEvent => ({
  Records: groups.map((MessageGroupId, index) =>
    toRecord(
      { messageId: `message-${index}`, receiptHandle: '', md5OfBody: '', body: `event ${index}` },
      { MessageGroupId, MessageDeduplicationId: `${MessageGroupId}-${index}` },
    ),
  ),
});

const gone = 'arn:aws:sns:us-east-1:000000000000:gone.fifo';
const environment = { ...process.env };
let queue: LocalQueue;
let topic: SNSClient;
beforeAll(async () => {
  queue = await startQueue();
  topic = new SNSClient({ endpoint: queue.url, region: 'us-east-1', credentials: localCredentials });
  Object.assign(process.env, {
    AWS_ENDPOINT_URL_SNS: queue.url,
    AWS_REGION: 'us-east-1',
    AWS_ACCESS_KEY_ID: localCredentials.accessKeyId,
    AWS_SECRET_ACCESS_KEY: localCredentials.secretAccessKey,
    POWERTOOLS_LOG_LEVEL: 'SILENT',
  });
});
afterAll(async () => {
  process.env = environment;
  topic.destroy();
  await queue.close();
});

/** Calls the function that has a topic. */
async function call(topicArn: string, queued: SQSEvent) {
  process.env.TOPIC_ARN = topicArn;
  const { handler } = await import('../../examples/fan-out/handler.ts');
  return handler(queued);
}

test('what the topic takes is on the queue of a reader, and nothing is left', async () => {
  const { TopicArn = '' } = await topic.send(
    new CreateTopicCommand({ Name: 'events.fifo', Attributes: { FifoTopic: 'true' } }),
  );
  const { client, queueUrl } = queue;
  const { Attributes } = await client.send(
    new GetQueueAttributesCommand({ QueueUrl: queueUrl, AttributeNames: ['QueueArn'] }),
  );
  const raw = { Attributes: { RawMessageDelivery: 'true' } };
  await topic.send(new SubscribeCommand({ TopicArn, Protocol: 'sqs', Endpoint: Attributes?.QueueArn, ...raw }));
  expect(await call(TopicArn, event('a', 'b', 'c'))).toEqual({ batchItemFailures: [] });
  const bodies = (await receive(client, queueUrl)).map(({ body }) => body);
  expect(bodies.sort()).toEqual(['event 0', 'event 1', 'event 2']);
});

test('if the topic takes nothing, that is an error of the function', async () => {
  const limits = watchClients(SNSClient);
  await expect(call(gone, event('a', 'b'))).rejects.toThrow('None of 2 messages was forwarded');
  // The function has 30 s, so it can still say so after a topic that hangs.
  expect(await limits()).toEqual({ SNSClient: 18_000 });
  jest.restoreAllMocks();
});

test('no messages are no error', async () => {
  expect(await call(gone, event())).toEqual({ batchItemFailures: [] });
});
