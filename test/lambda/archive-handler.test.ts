import { createHash, randomUUID } from 'node:crypto';
import { gunzipSync } from 'node:zlib';
import {
  CreateBucketCommand,
  GetObjectCommand,
  ListObjectsV2Command,
  PutObjectCommand,
  S3Client,
} from '@aws-sdk/client-s3';
import { SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, jest, test } from '@jest/globals';
import { fromArchiveLine } from '../../lambda/archive/archive-line.ts';
import { keyPartition } from '../../lambda/archive-contract.ts';
import { handler } from '../../lambda/archive-handler.ts';
import { localCredentials } from '../../sandbox/aws/credentials.ts';
import { type LocalQueue, startQueue } from '../../sandbox/aws/queue.ts';
import { type LocalSecrets, startSecrets } from '../../sandbox/aws/secrets.ts';
import { type LocalServer, listen } from '../../sandbox/http.ts';
import { watchClients } from '../client-limits.ts';
import { offload, startReceiver, webhooksOfEveryForm } from '../received.ts';
import { type RecordedLog, recordLog } from '../recorded-log.ts';
import { keyringOf, makeKey } from '../support.ts';

const key = makeKey();
const environment = { ...process.env };
let queue: LocalQueue;
let secrets: LocalSecrets;
let bucket: string;
let output: RecordedLog;

beforeAll(async () => {
  [queue, secrets] = await Promise.all([startQueue(), startSecrets()]);
});
afterAll(() => Promise.all([queue.close(), secrets.close()]));
beforeEach(async () => {
  bucket = `archive-${randomUUID()}`;
  await queue.storage.send(new CreateBucketCommand({ Bucket: bucket }));
  secrets.put('keyring', keyringOf(key));
  output = recordLog();
  Object.assign(process.env, {
    ARCHIVE_BUCKET: bucket,
    OVERFLOW_BUCKET: queue.overflowBucket,
    KEYRING_SECRET_ID: 'keyring',
    AWS_REGION: 'us-east-1',
    AWS_ACCESS_KEY_ID: localCredentials.accessKeyId,
    AWS_SECRET_ACCESS_KEY: localCredentials.secretAccessKey,
    AWS_ENDPOINT_URL_S3: queue.url,
    AWS_ENDPOINT_URL_SECRETS_MANAGER: secrets.url,
  });
});
afterEach(() => {
  jest.restoreAllMocks();
  process.env = { ...environment };
});

/** The archive, by key. */
async function objects(): Promise<Map<string, Buffer>> {
  const { Contents = [] } = await queue.storage.send(new ListObjectsV2Command({ Bucket: bucket }));
  const found = Contents.map(async ({ Key = '' }): Promise<[string, Buffer]> => {
    const { Body } = await queue.storage.send(new GetObjectCommand({ Bucket: bucket, Key }));
    return [Key, Buffer.from((await Body?.transformToByteArray()) ?? [])];
  });
  return new Map(await Promise.all(found));
}

/** The function's log. */
const lines = () => output.entries();

const recordOf = (body: string, sentAt = Date.now()) => ({
  messageId: randomUUID(),
  body,
  attributes: { SentTimestamp: String(sentAt) },
});

/** Messages of every form, as the receiver queues them. */
async function messages(): Promise<string[]> {
  const receive = startReceiver(key);
  const received = await Promise.all(Object.values(webhooksOfEveryForm('/messagemedia')).map(receive));
  return received.map(({ body }) => body);
}

describe('a batch of the queue', () => {
  test('becomes an object for each type and hour of arrival, with the messages as they were queued', async () => {
    const bodies = await messages();
    // Queued weeks after they were signed.
    const hours = ['year=2027/month=11/day=24/hour=05', 'year=2027/month=11/day=24/hour=06'];
    const at = Date.parse('2027-11-24T05:30:00Z');
    const records = bodies.map((body, index) => recordOf(body, at + (index % 2) * 3_600_000));
    expect(await handler({ Records: records })).toEqual({ batchItemFailures: [] });
    const archived = await objects();
    const lines = [...archived].flatMap(([name, body]) => {
      const text = gunzipSync(body).toString('utf8');
      expect(text.endsWith('\n')).toBe(true);
      const [, type, hour = ''] = /^events\/type=(\w+)\/(.+)\/queue-[\da-f-]{36}\.jsonl\.gz$/.exec(name) ?? [];
      expect(hours).toContain(hour);
      const messagesOfObject = text.slice(0, -1).split('\n').map(fromArchiveLine);
      for (const message of messagesOfObject) expect(JSON.parse(message).type).toBe(`com.messagemedia.${type}`);
      return messagesOfObject;
    });
    const partitions = [...archived.keys()].map((name) => name.slice(0, name.lastIndexOf('/')));
    expect(new Set(partitions).size).toBe(archived.size);
    expect(lines.sort()).toEqual([...bodies].sort());
  });

  test('brings the data of large events along, byte for byte', async () => {
    const [body = ''] = await messages();
    const data = Buffer.from([0xff, 0, 1]);
    const { message, key: name } = offload(body, data);
    await queue.storage.send(new PutObjectCommand({ Bucket: queue.overflowBucket, Key: name, Body: data }));
    expect(await handler({ Records: [recordOf(message)] })).toEqual({ batchItemFailures: [] });
    const archived = await objects();
    expect(archived.get(`data/${createHash('sha256').update(data).digest('hex')}`)).toEqual(data);
    expect(archived.size).toBe(2);
  });

  test('leaves on the queue what is no event, and what has lost its data, and archives the rest', async () => {
    const [body = '', other = ''] = await messages();
    const elsewhere = JSON.parse(offload(body, Buffer.from('gone')).message);
    const bad = [
      recordOf('no event'),
      recordOf('{"specversion":"1.0"}'),
      recordOf(JSON.stringify(JSON.parse(other), null, 2)),
      recordOf(JSON.stringify(elsewhere)),
      recordOf(JSON.stringify({ ...elsewhere, dataref: `s3://somebody-elses/${'0'.repeat(64)}` })),
    ];
    const good = [recordOf(other)];
    const answer = await handler({ Records: [...bad.slice(0, 3), ...good, ...bad.slice(3)] });
    expect(answer?.batchItemFailures.map(({ itemIdentifier }) => itemIdentifier).sort()).toEqual(
      bad.map(({ messageId }) => messageId).sort(),
    );
    expect((await objects()).size).toBe(1);
    const told = output.text.split('\n').filter((line) => line.includes('not archived yet'));
    expect(told).toHaveLength(bad.length);
    for (const { messageId } of bad) expect(told.join()).toContain(messageId);
    expect(lines().at(-1)).toMatchObject({ level: 'INFO', message: 'archived', events: 1, left: bad.length });
  });

  test.each(['refuses it', 'is not what answers'])('stays on the queue as a whole when S3 %s', async (how) => {
    const [body = ''] = await messages();
    const records = [recordOf(body), recordOf(offload(body, Buffer.from('x')).message)];
    const proxy = await listen(0, (request, response) => request.resume().on('end', () => response.end('<Hello/>')));
    if (how === 'refuses it') process.env.ARCHIVE_BUCKET = 'nowhere';
    else process.env.AWS_ENDPOINT_URL_S3 = proxy.url;
    const answer = await handler({ Records: records }).finally(() => proxy.close());
    expect(answer?.batchItemFailures).toHaveLength(2);
  });
});

describe('the schedule', () => {
  test('archives the public keys once a day and once more for each change', async () => {
    await handler({});
    await handler({});
    expect([...(await objects()).keys()]).toEqual([expect.stringContaining(keyPartition(new Date()))]);
    const [object] = (await objects()).keys();
    expect(lines()[0]).toMatchObject({ service: 'archive', message: 'keys archived', object });
    const other = makeKey();
    secrets.put('keyring', keyringOf(key, other));
    await handler({});
    const kept = [...(await objects()).values()].map((body) => JSON.parse(String(body)).keys.length);
    expect(kept.sort()).toEqual([1, 2]);
  });

  test.each([
    ['what is there', 412, 'PreconditionFailed'],
    ['what somebody else just writes', 409, 'ConditionalRequestConflict'],
  ])('asks S3 to keep %s, and is content when it does', async (_what, status, code) => {
    const asked: unknown[] = [];
    const s3: LocalServer = await listen(0, (request, response) => {
      asked.push([request.method, request.headers['if-none-match']]);
      request.resume().on('end', () => {
        response.writeHead(status, { 'content-type': 'application/xml' });
        response.end(`<Error><Code>${code}</Code><Message>It is there</Message></Error>`);
      });
    });
    process.env.AWS_ENDPOINT_URL_S3 = s3.url;
    await expect(handler({})).resolves.toBeUndefined();
    expect(asked).toEqual([['PUT', '*']]);
    expect(output.text).not.toContain('keys archived');
    await s3.close();
  });

  test('fails when the secret cannot be read, which is what the alarm watches', async () => {
    process.env.KEYRING_SECRET_ID = 'nowhere';
    await expect(handler({})).rejects.toThrow("can't find the specified secret");
  });
});

test('no call takes as long as the minute that the function may run, and every object has its media type', async () => {
  // By name, as an endpoint that has no host name for each bucket.
  process.env.AWS_ENDPOINT_URL_S3 = queue.url.replace('127.0.0.1', 'localhost');
  const limits = watchClients(S3Client, SecretsManagerClient);
  await handler({ Records: [recordOf((await messages())[0] ?? '')] });
  await handler({});
  for (const limit of Object.values(await limits())) expect(limit).toBeLessThan(60_000);
  const types = [...(await objects()).keys()].map(async (Key) => {
    const { ContentType } = await queue.storage.send(new GetObjectCommand({ Bucket: bucket, Key }));
    return [Key.slice(0, Key.indexOf('/')), ContentType];
  });
  expect(Object.fromEntries(await Promise.all(types))).toEqual({
    events: 'application/gzip',
    keys: 'application/json',
  });
});
