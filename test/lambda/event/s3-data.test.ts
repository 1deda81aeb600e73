import { CreateBucketCommand, PutObjectCommand, S3Client } from '@aws-sdk/client-s3';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import type { FetchData } from '../../../lambda/event/queued-event.ts';
import { fetchFromS3 } from '../../../lambda/event/s3-data.ts';
import { localCredentials } from '../../../sandbox/aws/credentials.ts';
import { type LocalQueue, startQueue } from '../../../sandbox/aws/queue.ts';

const hash = 'ab'.repeat(32);
const bytes = Buffer.from([0, 255, 10, 13, 123]);

let aws: LocalQueue;
let client: S3Client;
let fetchData: FetchData;
beforeAll(async () => {
  aws = await startQueue();
  client = new S3Client({ endpoint: aws.url, region: 'us-east-1', credentials: localCredentials });
  for (const Bucket of ['large', 'elsewhere']) {
    await client.send(new CreateBucketCommand({ Bucket }));
    await client.send(new PutObjectCommand({ Bucket, Key: hash, Body: bytes }));
  }
  fetchData = fetchFromS3(client, 'large');
});
afterAll(async () => {
  client.destroy();
  await aws.close();
});

test('gets an object to the byte', async () => {
  expect(Buffer.from(await fetchData(`s3://large/${hash}`))).toEqual(bytes);
});

test.each([
  ...[
    `s3://elsewhere/${hash}`,
    `s3://large.evil/${hash}`,
    `s3://large/../elsewhere/${hash}`,
    's3://large/',
    's3://large',
  ],
  ...[`s3://large/${hash}/../../elsewhere/${hash}`, `s3://large/${hash.toUpperCase()}`, `s3://large/${hash}0`],
  ...[`s3://large/${hash}\n`, 's3://large/a%2Fb', 's3://large/a?versionId=1', 's3://large/a b', 'https://large/a'],
  ...['//large/a', 'another/place/altogether', 'S3://large/a'],
])('does not go to %s', async (dataref) => {
  await expect(fetchData(dataref)).rejects.toMatchObject({
    code: 'invalid_dataref',
    message: 'The dataref does not point into the bucket for large events',
  });
});

test('says when the object is gone', async () => {
  await expect(fetchData(`s3://large/${'0'.repeat(64)}`)).rejects.toMatchObject({ name: 'NoSuchKey' });
});

test('an answer without a body is data of no bytes', async () => {
  const hollow = { send: async () => ({}) } as unknown as S3Client;
  expect(await fetchFromS3(hollow, 'large')(`s3://large/${hash}`)).toEqual(new Uint8Array());
});
