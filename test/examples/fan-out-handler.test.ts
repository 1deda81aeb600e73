import { CreateTopicCommand, SNSClient, SubscribeCommand } from '@aws-sdk/client-sns';
import { GetQueueAttributesCommand } from '@aws-sdk/client-sqs';
import { afterAll, afterEach, beforeAll, expect, jest, test } from '@jest/globals';
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

/** How long a call of the function may take, in milliseconds. */
let limits: ReturnType<typeof watchClients>;
afterEach(() => void jest.restoreAllMocks());

/** The function as it starts with a topic. */
async function load(topicArn: string) {
  process.env.TOPIC_ARN = topicArn;
  jest.resetModules();
  limits = watchClients((await import('@aws-sdk/client-sns')).SNSClient);
  return (await import('../../examples/fan-out/handler.ts')).handler;
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
  const handler = await load(TopicArn);
  expect(await handler(event('a', 'b', 'c'))).toEqual({ batchItemFailures: [] });
  const bodies = (await receive(client, queueUrl)).map(({ body }) => body);
  expect(bodies.sort()).toEqual(['event 0', 'event 1', 'event 2']);
});

test('if the topic takes nothing, that is an error of the function', async () => {
  const handler = await load('arn:aws:sns:us-east-1:000000000000:gone.fifo');
  await expect(handler(event('a', 'b'))).rejects.toThrow('None of 2 messages was forwarded');
  // The function has 30 s, so it can still say so after a topic that hangs.
  expect(await limits()).toEqual({ SNSClient: 18_000 });
});

test('no messages are no error', async () => {
  expect(await (await load('arn:aws:sns:us-east-1:000000000000:gone.fifo'))(event())).toEqual({
    batchItemFailures: [],
  });
});
