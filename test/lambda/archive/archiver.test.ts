import { SQSClient } from '@aws-sdk/client-sqs';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, jest, test } from '@jest/globals';
import { createArchiver, maxRecordBytes, pauseMilliseconds } from '../../../lambda/archive/archiver.ts';
import type { EventType } from '../../../lambda/contract.ts';
import type { QueueMessage } from '../../../lambda/event/queue-message.ts';
import { queueSettings } from '../../../lambda/event/queue-sender.ts';
import type { Log } from '../../../lambda/log.ts';
import { localCredentials } from '../../../sandbox/aws/credentials.ts';
import { type LocalServer, listen, readBody } from '../../../sandbox/http.ts';

const types = ['delivery_report', 'reply', 'opt_out', 'webhook'];
const queueUrl = 'https://sqs.eu-west-1.amazonaws.com/000000000000/archive';
const id = '0c9d9a3e-7f0e-4f4b-9c3f-1d6f2b8a7e55';
const message = (changes: Partial<QueueMessage> = {}): QueueMessage => ({
  ...{ id, type: 'com.messagemedia.reply', body: '{"n":1}', groupId: 'g', deduplicationId: 'd' },
  ...{ dataContentType: undefined, unrendered: [], ...changes },
});

/** Answers of Firehose and SQS: status and body, or `undefined` for none. */
type Answer = [status: number, body: object] | undefined;
const taken: Answer = [200, { RecordId: 'r', MessageId: 'm' }];
const broken: Answer = [500, { __type: 'InternalFailure', message: 'down' }];
const hollow: Answer = [200, {}];

let aws: LocalServer;
let sqs: SQSClient;
let archive: ReturnType<typeof createArchiver>['archive'];
/** What Firehose answers, one after the other, the last for ever. */
let firehose: Answer[];
let queue: Answer;
let calls: { service: string; input: Record<string, unknown>; at: number }[];
let log: unknown[];
const environment = { ...process.env };

beforeAll(async () => {
  aws = await listen(0, async (request, response) => {
    const service = request.headers['x-amz-target'] === 'AmazonSQS.SendMessage' ? 'queue' : 'stream';
    calls.push({ service, input: JSON.parse(String(await readBody(request))), at: performance.now() });
    const next = firehose.length > 1 ? firehose.shift() : firehose[0];
    const answer = service === 'queue' ? queue : next;
    if (answer) response.writeHead(answer[0]).end(JSON.stringify(answer[1]));
  });
  Object.assign(process.env, { AWS_ENDPOINT_URL_FIREHOSE: aws.url, AWS_REGION: 'eu-west-1' });
  const settings = { endpoint: aws.url, region: 'eu-west-1', credentials: localCredentials, maxAttempts: 1 };
  sqs = new SQSClient({ ...settings, ...queueSettings });
});
afterAll(async () => {
  process.env = environment;
  sqs.destroy();
  await aws.close();
});
beforeEach(() => {
  [firehose, queue, calls, log] = [[taken], taken, [], []];
  const write =
    (level: string) =>
    (...entry: unknown[]) =>
      void log.push([level, ...entry]);
  const streams = new Map(types.map((type) => [type, `stream-of-${type}`]));
  const told: Log = { info: write('info'), warn: write('warn'), error: write('error') };
  ({ archive } = createArchiver({ streams, queueUrl }, { credentials: localCredentials, sqs, log: told }));
});

afterEach(() => {
  jest.restoreAllMocks();
});

const ways = () => calls.map(({ service }) => service);

test.each(types)('an event goes into the stream of its type: %s', async (name) => {
  await archive(message({ type: `com.messagemedia.${name}` as EventType }));
  const Data = Buffer.from('{"n":1}\n').toString('base64');
  expect(calls).toMatchObject([
    { service: 'stream', input: { DeliveryStreamName: `stream-of-${name}`, Record: { Data } } },
  ]);
  expect(log).toEqual([]);
});

test('an event whose JSON has line breaks is a line of the archive all the same', async () => {
  await archive(message({ body: '{"specversion":"1.0","data":[1,\n2]}' }));
  const [line = ''] = calls.map(({ input }) => (input.Record as { Data: string }).Data);
  expect(Buffer.from(line, 'base64').toString()).toMatch(/^[^\n]*"mmarchivedas":"data_base64"[^\n]*\n$/);
});

test.each<[string, Partial<QueueMessage>, string]>([
  // Of two bytes each, as bytes and not characters count; a record has the end of the line too.
  ['of most bytes', { body: `${'é'.repeat(maxRecordBytes / 2 - 1)}x` }, 'stream'],
  ['of one byte more', { body: 'é'.repeat(maxRecordBytes / 2) }, 'queue'],
  ['whose data is elsewhere and must be copied', { dataref: 's3://b/0' }, 'queue'],
])('an event %s goes one way alone', async (_what, changes, way) => {
  await archive(message(changes));
  expect(ways()).toEqual([way]);
});

test('while a stream fails, its events go through the queue, and those of others through theirs', async () => {
  const now = Date.now();
  firehose = [hollow, taken];
  await archive(message());
  jest.spyOn(Date, 'now').mockReturnValue(now + pauseMilliseconds - 1);
  await archive(message());
  await archive(message({ type: 'com.messagemedia.opt_out' }));
  expect(ways()).toEqual(['stream', 'queue', 'queue', 'stream']);
  jest.spyOn(Date, 'now').mockReturnValue(now + 2 * pauseMilliseconds);
  await archive(message());
  expect(ways().at(-1)).toBe('stream');
});

describe('a stream gets two tries', () => {
  test('with a pause between them, and what the second takes is archived', async () => {
    firehose = [broken, taken];
    await archive(message());
    expect(ways()).toEqual(['stream', 'stream']);
    const [first = 0, second = 0] = calls.map(({ at }) => at);
    expect(second - first).toBeGreaterThanOrEqual(49);
    expect(log).toEqual([]);
  });

  test('of which each ends when no answer comes', async () => {
    firehose = [undefined, taken];
    await archive(message());
    expect(ways()).toEqual(['stream', 'stream']);
    expect(log).toEqual([]);
  });

  test('and then the queue has the event, and the log the cause', async () => {
    firehose = [broken];
    await archive(message());
    expect(ways()).toEqual(['stream', 'stream', 'queue']);
    expect(calls.at(-1)?.input).toEqual({ QueueUrl: queueUrl, MessageBody: '{"n":1}' });
    const problem = { type: 'com.messagemedia.reply', cause: 'InternalFailure: down' };
    expect(log).toEqual([['warn', 'archiving through the queue', problem]]);
  });
});

test('what answers in the place of Firehose without the id of a record has nothing', async () => {
  firehose = [hollow];
  await archive(message());
  expect(ways()).toEqual(['stream', 'queue']);
  const cause = 'Error: Firehose answered without a RecordId, so it may not have the event';
  expect(log).toEqual([['warn', 'archiving through the queue', { type: 'com.messagemedia.reply', cause }]]);
});

test.each([
  ['with its id', id, { id }],
  ['without an id that may be any text', '+61491570156', {}],
])('an event that neither takes is logged and counted %s', async (_what, named, logged) => {
  [firehose, queue] = [[hollow], broken];
  await archive(message({ id: named }));
  const fields = { ...logged, type: 'com.messagemedia.reply', detail: 'InternalFailure: down' };
  expect(log[1]).toStrictEqual(['error', 'not archived', fields, { values: { ArchiveFailed: 1 } }]);
});
