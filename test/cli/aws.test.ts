import { GetObjectCommand, HeadBucketCommand, S3Client } from '@aws-sdk/client-s3';
import { CreateQueueCommand, ReceiveMessageCommand, SQSClient } from '@aws-sdk/client-sqs';
import { afterAll, beforeAll, expect, jest, test } from '@jest/globals';
import { watched } from '../../cli/aws.ts';
import { localCredentials } from '../../sandbox/aws/credentials.ts';
import { type LocalServer, listen } from '../../sandbox/http.ts';

let server: LocalServer;
beforeAll(async () => {
  server = await listen(0, (_request, response) => response.writeHead(400).end());
});
afterAll(() => server.close());

const settings = () => ({
  endpoint: server.url,
  region: 'ap-southeast-2',
  credentials: localCredentials,
  forcePathStyle: true,
  useQueueUrlAsEndpoint: false,
});

test('an error names the call, its object, the region, and the address that was called', async () => {
  const [sqs, s3] = [watched(new SQSClient(settings())), watched(new S3Client(settings()))];
  const place = `in ap-southeast-2 at ${server.url}`;
  await expect(sqs.send(new CreateQueueCommand({ QueueName: 'events.fifo' }))).rejects.toThrow(
    `(CreateQueue of events.fifo ${place})`,
  );
  await expect(s3.send(new GetObjectCommand({ Bucket: 'large-events', Key: 'abc' }))).rejects.toThrow(
    `(GetObject of large-events/abc ${place})`,
  );
  await expect(s3.send(new HeadBucketCommand({ Bucket: 'large-events' }))).rejects.toThrow(
    `AWS answered 400 (HeadBucket of large-events ${place})`,
  );
});

test('a call that hangs is tried three times, and ends', async () => {
  let tries = 0;
  const hanging = await listen(0, () => {
    tries++;
  });
  const client = watched(new SQSClient({ ...settings(), endpoint: hanging.url }), 100);
  await expect(client.send(new CreateQueueCommand({ QueueName: 'events.fifo' }))).rejects.toThrow(
    `AWS did not answer in time (CreateQueue of events.fifo in ap-southeast-2 at ${hanging.url})`,
  );
  expect(tries).toBe(3);
  client.destroy();
  await hanging.close();
});

test('a call that hangs says so, but not one that waits for messages', async () => {
  const slow = await listen(0, (_request, response) => {
    setTimeout(() => response.writeHead(200, { 'content-type': 'application/x-amz-json-1.0' }).end('{}'), 2_300);
  });
  const client = watched(new SQSClient({ ...settings(), endpoint: slow.url }));
  const said = jest.spyOn(console, 'error').mockImplementation(() => {});
  await Promise.all([
    client.send(new CreateQueueCommand({ QueueName: 'events.fifo' })),
    client.send(new ReceiveMessageCommand({ QueueUrl: 'events', WaitTimeSeconds: 20 })),
  ]);
  expect(said.mock.calls.flat()).toEqual([
    expect.stringMatching(/^AWS has not answered CreateQueue of events.fifo for 2 s: waiting until .* Ctrl-C stops\.$/),
  ]);
  said.mockRestore();
  client.destroy();
  await slow.close();
});
