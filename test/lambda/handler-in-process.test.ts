import { createHash } from 'node:crypto';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, jest, test } from '@jest/globals';
import { localCredentials } from '../../sandbox/aws/credentials.ts';
import { type LocalServer, listen, readBody } from '../../sandbox/http.ts';
import { toWire, type Webhook } from '../../signing/sender.ts';
import { type RecordedLog, recordLog } from '../recorded-log.ts';
import { httpApiEvent, keyringOf, makeKey } from '../support.ts';

// The handler in this process, with its real clients and one server for all that it calls.

type Handler = typeof import('../../lambda/handler.ts');
type Service = 'secret' | 'queue' | 'stream' | 'storage';

const key = makeKey('SHA256', 2048);
const probe = makeKey('SHA256', 2048);
const webhook: Webhook = { method: 'POST', target: '/messagemedia', contentType: 'application/json', body: '{"a":1}' };
const large = (content: string): Webhook => ({ ...webhook, body: JSON.stringify(content.repeat(1_048_576)) });
const signed = (what = webhook, by = key, at = Date.now()) => httpApiEvent(toWire(what, by, new Date(at)), 'request-1');
const unsigned = httpApiEvent(toWire(webhook, undefined), 'request-1');
const environment = { ...process.env };
const services: Record<string, Service> = {
  'secretsmanager.GetSecretValue': 'secret',
  'AmazonSQS.SendMessage': 'queue',
  'Firehose_20150804.PutRecord': 'stream',
};

let aws: LocalServer;
/** What Secrets Manager answers. */
let secret: object;
/** Services that refuse in a way that is not tried again. */
let refusing: Set<Service>;
let calls: { service: Service; path: string; body: string }[];
let output: RecordedLog;
let copies = 0;

beforeAll(async () => {
  aws = await listen(0, async (request, response) => {
    const service = services[String(request.headers['x-amz-target'])] ?? 'storage';
    const path = String(request.url).replace(/\?.*/, '');
    calls.push({ service, path, body: String(await readBody(request)) });
    const answer = service === 'secret' ? secret : { MessageId: 'm', RecordId: 'r' };
    if (refusing.has(service)) response.writeHead(400).end('{"__type":"Refused","message":"as the test wants it"}');
    else response.writeHead(200, { etag: '"e"' }).end(service === 'storage' ? '' : JSON.stringify(answer));
  });
});
afterAll(() => aws.close());
beforeEach(() => {
  secret = { SecretString: keyringOf(key) };
  [refusing, calls, output] = [new Set(), [], recordLog()];
});
afterEach(() => {
  jest.restoreAllMocks();
  process.env = { ...environment };
});

/** A function that starts with this environment. It reads its keyring before a request comes. */
async function start(variables: Record<string, string> = {}): Promise<Handler['handler']> {
  Object.assign(process.env, {
    QUEUE_URL: 'https://sqs.eu-west-1.amazonaws.com/000000000000/events.fifo',
    KEYRING_SECRET_ID: 'keyring',
    AWS_REGION: 'eu-west-1',
    AWS_ACCESS_KEY_ID: localCredentials.accessKeyId,
    AWS_SECRET_ACCESS_KEY: localCredentials.secretAccessKey,
    // By name, because S3 would never put a bucket in front of an address.
    AWS_ENDPOINT_URL: aws.url.replace('127.0.0.1', 'localhost'),
    ...variables,
  });
  const { handler }: Handler = await import(`../../lambda/handler.ts?in-process-${++copies}`);
  return handler;
}

const callsOf = (service: Service) => calls.filter((call) => call.service === service);
const lines = () => output.entries();
const lineOf = (message: string) => lines().find((line) => line.message === message);
const dimensionsOf = (message: string) => lineOf(message)._aws.CloudWatchMetrics[0].Dimensions;
const byReason = [['service'], ['service', 'reason']];

describe('a function that starts', () => {
  test('reads the keyring before the first request, and once for all requests', async () => {
    const handler = await start();
    expect(callsOf('secret').map(({ body }) => JSON.parse(body))).toEqual([{ SecretId: 'keyring' }]);
    for (let request = 0; request < 2; request++) expect(await handler(signed())).toMatchObject({ statusCode: 202 });
    expect(calls.map(({ service }) => service)).toEqual(['secret', 'queue', 'queue']);
  });

  test.each(['QUEUE_URL', 'KEYRING_SECRET_ID'])('without %s says so when it is called', async (name) => {
    const handler = await start({ [name]: '' });
    await expect(handler(signed())).rejects.toThrow(`Environment variable ${name} is not set`);
    expect(calls).toEqual([]);
  });

  test('warns of an empty keyring, and refuses', async () => {
    secret = { SecretString: '{"keys":[]}' };
    expect(await (await start())(signed())).toMatchObject({ statusCode: 401 });
    const warning = lineOf('the keyring is empty: every webhook is refused until it holds a public key');
    expect(warning).toMatchObject({ level: 'WARN' });
    expect(warning).not.toHaveProperty('KeyringLoadFailed');
  });

  test('counts that the keyring cannot be read, and says why', async () => {
    refusing.add('secret');
    expect(await (await start())(signed())).toMatchObject({ statusCode: 503 });
    const cause = 'Refused: as the test wants it';
    expect(lineOf('cannot read the keyring')).toMatchObject({ level: 'WARN', KeyringLoadFailed: 1, cause });
  });
});

describe('what an alarm counts', () => {
  const zeros = (line: Record<string, unknown>) =>
    Object.keys(line).filter((name) => line[name] === 0 && name !== 'Age');

  test('has a 0 from a webhook that is accepted, and from a keyring that was read', async () => {
    const handler = await start();
    await handler(signed());
    await handler(signed());
    const accepted = lines().filter(({ message }) => message === 'accepted');
    expect(accepted.map(zeros)).toEqual([
      ['SignedRefused', 'EnqueueFailed', 'KeyringLoadFailed'],
      ['SignedRefused', 'EnqueueFailed'],
    ]);
  });

  test('has a 0 from data that was stored, and a 1 from data that was not', async () => {
    const handler = await start({ OVERFLOW_BUCKET: 'overflow' });
    await handler(signed(large('x')));
    expect(lineOf('accepted')).toMatchObject({ StorageFailed: 0 });
    expect(lineOf('accepted')).not.toHaveProperty('stored');
    refusing.add('storage');
    expect(await handler(signed(large('y')))).toMatchObject({ statusCode: 503 });
    expect(lineOf('failed')).toMatchObject({ StorageFailed: 1 });
    expect(lineOf('failed')).not.toHaveProperty('EnqueueFailed');
  });

  test('has no 0 from a keyring that was read but holds no key', async () => {
    secret = { SecretString: '{' };
    await (await start())(signed());
    expect(lines().flatMap(({ KeyringLoadFailed }) => KeyringLoadFailed ?? [])).not.toContain(0);
  });

  test('has no value from a scanner that ends an alarm, and one to compare with webhooks', async () => {
    const handler = await start();
    const { 'x-messagemedia-signature': _, ...headers } = signed().headers;
    await handler({ ...signed(), headers });
    const { Accepted, SignedRefused } = lineOf('refused');
    expect({ Accepted, SignedRefused }).toEqual({ Accepted: 0, SignedRefused: undefined });
  });
});

describe('an event', () => {
  test('has the id of the request, of the invocation, or one of its own', async () => {
    const handler = await start();
    const { requestId: _id, ...requestContext } = signed().requestContext;
    const idOf = async (event: object, context?: object) => JSON.parse((await handler(event, context)).body).id;
    expect(await idOf(signed(), { awsRequestId: 'invocation-1' })).toBe('request-1');
    expect(await idOf({ ...signed(), requestContext }, { awsRequestId: 'invocation-1' })).toBe('invocation-1');
    expect(await idOf({ ...signed(), requestContext }, {})).toMatch(/^[\da-f]{8}-[\da-f-]{27}$/);
    expect(await idOf({ ...signed(), requestContext })).toMatch(/^[\da-f]{8}-[\da-f-]{27}$/);
  });

  test('that is too large for the queue has its data in the bucket, under its hash, and is refused without one', async () => {
    const handler = await start({ OVERFLOW_BUCKET: 'overflow' });
    for (const content of ['x', 'y']) {
      const { body } = large(content);
      calls = [];
      expect(await handler(signed(large(content)))).toMatchObject({ statusCode: 202 });
      const hash = createHash('sha256').update(body).digest('hex');
      expect(callsOf('storage').map(({ path }) => path)).toEqual([`/overflow/${hash}`]);
      expect(JSON.parse(callsOf('queue')[0]?.body ?? '').MessageBody).toContain(`"dataref":"s3://overflow/${hash}"`);
    }
    calls = [];
    expect(await (await start({ OVERFLOW_BUCKET: '' }))(signed(large('x')))).toMatchObject({ statusCode: 413 });
  });

  test('is archived if there is an archive, and nothing is if there is none', async () => {
    const types = ['delivery_report', 'reply', 'opt_out', 'webhook'];
    const ARCHIVE_STREAMS = types.map((type) => `${type}=stream-of-${type}`).join(',');
    const archive = { ARCHIVE_STREAMS, ARCHIVE_QUEUE_URL: 'https://sqs.eu-west-1.amazonaws.com/000000000000/archive' };
    expect(await (await start(archive))(signed())).toMatchObject({ statusCode: 202 });
    const [{ body = '' } = {}] = callsOf('stream');
    const { DeliveryStreamName, Record } = JSON.parse(body);
    expect(DeliveryStreamName).toBe('stream-of-webhook');
    const { MessageBody } = JSON.parse(callsOf('queue')[0]?.body ?? '');
    expect(Buffer.from(Record.Data, 'base64').toString()).toBe(`${MessageBody}\n`);
    calls = [];
    refusing.add('stream');
    expect(await (await start(archive))(signed())).toMatchObject({ statusCode: 202 });
    expect(callsOf('queue').map(({ body: sent }) => JSON.parse(sent).QueueUrl)).toContain(archive.ARCHIVE_QUEUE_URL);
    expect(lineOf('archiving through the queue')).toMatchObject({ level: 'WARN' });
    calls = [];
    expect(await (await start({ ARCHIVE_STREAMS: '' }))(signed())).toMatchObject({ statusCode: 202 });
    expect(callsOf('stream')).toEqual([]);
  });
});

describe('the log has one line', () => {
  test('for an event: what it is, how old it was, and a count', async () => {
    const handler = await start();
    await handler(signed(webhook, key, Date.now() - 60_000));
    const accepted = lineOf('accepted');
    expect(accepted).toMatchObject({
      ...{ level: 'INFO', service: 'webhook-receiver', requestId: 'request-1', keyId: key.id, bytes: 7, Accepted: 1 },
      type: 'com.messagemedia.webhook',
    });
    expect(accepted.Age).toBeGreaterThanOrEqual(60);
    expect(accepted.Age).toBeLessThan(90);
    expect(accepted).not.toHaveProperty('outcome');
    expect(accepted).not.toHaveProperty('Unidentified');
    expect(accepted).not.toHaveProperty('Unreadable');
    expect(dimensionsOf('accepted')).toEqual([['service']]);
  });

  test('for an event from a clock that is ahead: no age', async () => {
    await (await start())(signed(webhook, key, Date.now() + 60_000));
    expect(lineOf('accepted')).toMatchObject({ Accepted: 1, Age: 0 });
  });

  test.each([
    ['ids', '{"reply_id":"$replyId","message_id":"m"}', { unrendered: ['reply_id'], Unidentified: 1 }, 'Unreadable'],
    ['JSON', '{"reply_id":"r","content":"she said "yes""}', { unreadable: true, Unreadable: 1 }, 'Unidentified'],
  ])('for an event whose template makes no %s: a warning, and one count more', async (_what, body, counted, not) => {
    await (await start())(signed({ ...webhook, body }));
    expect(lineOf('accepted')).toMatchObject({ level: 'WARN', Accepted: 1, Age: expect.any(Number), ...counted });
    expect(lineOf('accepted')).not.toHaveProperty(not);
  });

  test('for a probe: that it came', async () => {
    const until = new Date(Date.now() + 60_000).toISOString();
    secret = { SecretString: JSON.stringify({ ...JSON.parse(keyringOf(key)), probe: { ...probe.answer, until } }) };
    expect(await (await start())(signed(webhook, probe))).toMatchObject({ statusCode: 200 });
    const probed = lines();
    expect(probed).toMatchObject([{ level: 'INFO', message: 'probed', requestId: 'request-1', keyId: probe.id }]);
    expect(probed[0]).not.toHaveProperty('outcome');
    expect(probed[0]).not.toHaveProperty('_aws');
  });

  test('for a refused request: the reason, and two counts', async () => {
    await (await start())(unsigned);
    const detail = 'ReceiverError: No X-MessageMedia-Signature: is a key enabled?';
    expect(lineOf('refused')).toMatchObject({
      ...{ level: 'WARN', requestId: 'request-1', status: 401, reason: 'unsigned', detail, Refused: 1 },
    });
    for (const name of ['outcome', 'error', 'stack']) expect(lineOf('refused')).not.toHaveProperty(name);
    expect(dimensionsOf('refused')).toEqual(byReason);
    expect(lineOf('captured')).toBeUndefined();
  });

  test('for a failure: the reason with its cause, two counts, and that of an alarm without the reason', async () => {
    refusing.add('queue');
    expect(await (await start())(signed())).toMatchObject({ statusCode: 503 });
    const detail = 'ReceiverError: SQS did not take the event <- Refused: as the test wants it';
    const counts = { Failed: 1, EnqueueFailed: 1 };
    const failed = lineOf('failed');
    expect(failed).toMatchObject({ level: 'ERROR', status: 503, reason: 'queue_unavailable', detail, ...counts });
    for (const name of ['outcome', 'error', 'stack']) expect(failed).not.toHaveProperty(name);
    const metrics: { Dimensions: unknown }[] = failed._aws.CloudWatchMetrics;
    expect(metrics.map(({ Dimensions }) => Dimensions)).toEqual([byReason, [['service']]]);
  });

  test.each([
    ['an error', new TypeError('odd'), 'TypeError: odd', expect.stringContaining('TypeError: odd\n')],
    ['nothing at all', null, 'null', undefined],
  ])('for what nobody foresaw: where it was thrown, if it is %s', async (_what, thrown, detail, stack) => {
    const event = {
      get requestContext() {
        throw thrown;
      },
    };
    expect(await (await start())(event)).toMatchObject({ statusCode: 503 });
    const { stack: logged, ...failed } = lineOf('failed');
    expect(failed).toMatchObject({ level: 'ERROR', reason: 'unexpected', detail, Failed: 1 });
    expect(logged).toEqual(stack);
  });

  test('with the name of the receiver, where there are several', async () => {
    await (await start({ POWERTOOLS_SERVICE_NAME: 'second-receiver' }))(signed());
    expect(lineOf('accepted')).toMatchObject({ service: 'second-receiver' });
  });

  test('and no signature, body or phone number, whatever becomes of a request', async () => {
    const handler = await start();
    const reply = { ...webhook, body: '{"reply_id":"r","source_number":"+61491570157","content":"Danke"}' };
    const good = signed(reply);
    const stale = signed(reply, key, 0);
    const tooLarge = signed({ ...reply, body: `"${'61491570157'.repeat(100_000)}"` });
    for (const event of [good, stale, { ...good, body: '' }, tooLarge]) await handler(event);
    const signatureOf = ({ headers }: typeof good) => String(headers['x-messagemedia-signature']);
    expect(lines()).toHaveLength(4);
    for (const word of [signatureOf(good), signatureOf(stale), '61491570157', 'Danke'])
      expect(output.text).not.toContain(word);
  });
});

describe('while requests are captured', () => {
  beforeEach(() => {
    const capture = { id: 'c-1', count: 2, until: new Date(Date.now() + 60_000).toISOString() };
    secret = { SecretString: JSON.stringify({ ...JSON.parse(keyringOf(key)), capture }) };
  });

  test('each that is refused is kept in the bucket, named in the log, and counted', async () => {
    const handler = await start({ OVERFLOW_BUCKET: 'overflow' });
    await handler(signed());
    for (const number of ['000', '001']) {
      output.text = '';
      expect(await handler(unsigned)).toMatchObject({ statusCode: 401 });
      expect(callsOf('storage').at(-1)?.path).toBe(`/overflow/captures/c-1/${number}.json`);
      expect(lineOf('refused')).toMatchObject({ captured: `captures/c-1/${number}.json` });
      expect(lineOf('captured')).toMatchObject({ level: 'INFO', Captured: 1 });
    }
  });

  test('one that cannot be kept is answered all the same, and the log says why', async () => {
    refusing.add('storage');
    const handler = await start({ OVERFLOW_BUCKET: 'overflow' });
    await handler(signed());
    expect(await handler(unsigned)).toMatchObject({ statusCode: 401 });
    const warning = lineOf('cannot capture a refused request');
    expect(warning).toMatchObject({ level: 'WARN', cause: expect.any(String) });
    expect(lineOf('captured')).toBeUndefined();
  });
});
