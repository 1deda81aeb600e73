import type { AddressInfo } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { CreateBucketCommand, S3Client } from '@aws-sdk/client-s3';
import { CreateQueueCommand, GetQueueAttributesCommand, SQSClient } from '@aws-sdk/client-sqs';
import { buildApp } from 'fauxqs';
import { INVALID_MESSAGE_BODY_CHAR } from '../../node_modules/fauxqs/dist/sqs/sqsTypes.js';
import { isForThisMachine, misdirected } from '../http.ts';
import { localCredentials } from './credentials.ts';

// SQS takes U+10000 to U+10FFFF (SendMessage in its API reference), emoji among them; fauxqs up to 2.4.1 refuses them,
// https://github.com/kibertoad/fauxqs/pull/278.
INVALID_MESSAGE_BODY_CHAR.compile('[^\\t\\n\\r\\u0020-\\ud7ff\\ue000-\\ufffd\\u{10000}-\\u{10ffff}]', 'u');

/** A local SQS with the queues of the stack, and a local S3 with its bucket for large events. */
export type LocalQueue = Awaited<ReturnType<typeof startQueue>>;

/**
 * Starts fauxqs on a free port. Its own start function would listen on every network interface.
 *
 * @param onMessage gets every message that is sent to a queue
 */
export async function startQueue(onMessage: (body: string) => void = () => {}) {
  let isFailing = false;
  let delay = 0;
  const app = buildApp({ logger: false });
  app.addHook('onRequest', async (request, reply) => {
    if (!isForThisMachine(request.raw)) await reply.code(421).type('text/plain').send(misdirected);
  });
  app.addHook('preHandler', async (request, reply) => {
    if (request.headers['x-amz-target'] !== 'AmazonSQS.SendMessage') return;
    if (isFailing) return reply.code(503).send({ __type: 'ServiceUnavailable', message: 'An outage of the sandbox' });
    if (delay > 0) await sleep(delay);
    onMessage(String((request.body as { MessageBody?: unknown } | undefined)?.MessageBody));
  });
  await app.listen({ host: '127.0.0.1', port: 0 });
  const url = `http://127.0.0.1:${(app.server.address() as AddressInfo).port}`;
  const common = { endpoint: url, region: 'us-east-1', credentials: localCredentials };
  const client = new SQSClient({ ...common, useQueueUrlAsEndpoint: false });
  const deadLetterQueueUrl = await createFifo(client, 'events-dead-letters.fifo', {});
  const { Attributes } = await client.send(
    new GetQueueAttributesCommand({ QueueUrl: deadLetterQueueUrl, AttributeNames: ['QueueArn'] }),
  );
  const queueUrl = await createFifo(client, 'events.fifo', {
    DeduplicationScope: 'messageGroup',
    FifoThroughputLimit: 'perMessageGroupId',
    RedrivePolicy: JSON.stringify({ deadLetterTargetArn: Attributes?.QueueArn, maxReceiveCount: 5 }),
  });
  const overflowBucket = 'large-events';
  const storage = new S3Client({ ...common, forcePathStyle: true });
  await storage.send(new CreateBucketCommand({ Bucket: overflowBucket }));
  const close = async () => {
    client.destroy();
    storage.destroy();
    await app.close();
  };
  return {
    ...{ url, queueUrl, deadLetterQueueUrl, overflowBucket, client, storage, close },
    /** Whether the queue refuses messages, as in an outage. */
    setFailing: (fails: boolean) => {
      isFailing = fails;
    },
    isFailing: () => isFailing,
    /** How long the queue waits before it takes a message, in milliseconds. It takes it even if the sender gives up. */
    setDelay: (milliseconds: number) => {
      delay = milliseconds;
    },
  };
}

async function createFifo(client: SQSClient, name: string, attributes: Record<string, string>): Promise<string> {
  const Attributes = { FifoQueue: 'true', ...attributes };
  const { QueueUrl } = await client.send(new CreateQueueCommand({ QueueName: name, Attributes }));
  if (QueueUrl === undefined) throw new Error(`fauxqs gave no URL for ${name}`);
  return QueueUrl;
}
