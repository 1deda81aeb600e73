import { GetObjectCommand } from '@aws-sdk/client-s3';
import {
  DeleteQueueCommand,
  GetQueueAttributesCommand,
  PurgeQueueCommand,
  SendMessageCommand,
} from '@aws-sdk/client-sqs';
import { afterAll, beforeAll, beforeEach, expect, test } from '@jest/globals';
import { wishesOf } from '../../../cli/webhooks/webhook-wishes.ts';
import { webhookEvents } from '../../../lambda/messagemedia/types.ts';
import { type LocalServer, listen, readBody } from '../../../sandbox/http.ts';
import { type Sandbox, startSandbox } from '../../../sandbox/sandbox.ts';
import { sampleWebhooks } from '../../../signing/sample-webhooks.ts';
import { deliver, toWire } from '../../../signing/sender.ts';
import { keyringOf, makeKey } from '../../support.ts';
import { describeStacks } from '../cloud-formation.ts';
import { localEnvironment, run } from '../terminal.ts';

let sandbox: Sandbox;
let aws: LocalServer;
let env: Record<string, string>;
/** Log entries of the function, and the template and URL of the stack. */
let entries: object[];
/** Log entries of the reconciliation, if the stack has one. */
let runs: object[];
let reconciles: boolean;
let actions: string[];
let callbackUrl: string;
let consumers: object[];
let subscriber: string;

beforeAll(async () => {
  sandbox = await startSandbox({ port: 0, onAnswer: () => {} });
  aws = await listen(0, async (request, response) => {
    const body = String(await readBody(request));
    if (String(request.headers['x-amz-target']).endsWith('FilterLogEvents')) {
      const isOfRuns = body.includes('"reconciliation"');
      const some = isOfRuns ? runs : entries;
      const events = some.map((entry) => ({ timestamp: 1_700_000_000_000, message: JSON.stringify(entry) }));
      // The first page of an answer may be empty.
      if (isOfRuns && !body.includes('"nextToken"')) {
        response.writeHead(200, { 'content-type': 'application/x-amz-json-1.1' });
        response.end(JSON.stringify({ events: [], nextToken: 'next' }));
        return;
      }
      response.writeHead(200, { 'content-type': 'application/x-amz-json-1.1' }).end(JSON.stringify({ events }));
      return;
    }
    if (request.url?.startsWith('/2015-03-31/event-source-mappings')) {
      response.writeHead(200, { 'content-type': 'application/json' });
      response.end(JSON.stringify({ EventSourceMappings: consumers }));
      return;
    }
    response
      .writeHead(200, { 'content-type': 'text/xml' })
      .end(body.includes('ListSubscriptions') ? subscriptions() : body.includes('GetTemplate') ? template() : stacks());
  });
  env = localEnvironment({
    ...sandbox.environment,
    AWS_ENDPOINT_URL_CLOUDFORMATION: aws.url,
    AWS_ENDPOINT_URL_CLOUDWATCH_LOGS: aws.url,
    AWS_ENDPOINT_URL_LAMBDA: aws.url,
    AWS_ENDPOINT_URL_SNS: aws.url,
  });
});
afterAll(async () => {
  await aws.close();
  await sandbox.close();
});
beforeEach(() => {
  runs = [];
  reconciles = false;
  entries = [{ message: 'accepted' }, { message: 'refused', reason: 'unsigned' }];
  actions = ['arn:aws:sns:us-east-1:123456789012:alarms'];
  consumers = [{ UUID: 'u', State: 'Enabled', FunctionArn: 'arn:aws:lambda:us-east-1:000000000000:function:consumer' }];
  subscriber = 'arn:aws:sns:us-east-1:123456789012:alarms:1';
  callbackUrl = `${sandbox.url}/messagemedia`;
});

function stacks(): string {
  const { queueUrl, deadLetterQueueUrl } = sandbox.queue;
  const outputs = {
    CallbackUrl: callbackUrl,
    QueueUrl: queueUrl,
    QueueArn: 'arn:aws:sqs:us-east-1:000000000000:events.fifo',
    DeadLetterQueueUrl: deadLetterQueueUrl,
    KeyringSecretArn: 'keyring',
    FunctionLogGroup: 'receiver',
    OverflowBucketName: sandbox.queue.overflowBucket,
    ...(reconciles && { ReconciliationLogGroup: 'reconciliation' }),
  };
  return describeStacks(outputs);
}

function subscriptions(): string {
  return `<ListSubscriptionsByTopicResponse><ListSubscriptionsByTopicResult><Subscriptions><member><SubscriptionArn>${subscriber}</SubscriptionArn></member></Subscriptions></ListSubscriptionsByTopicResult></ListSubscriptionsByTopicResponse>`;
}

function template(): string {
  const alarm = { Type: 'AWS::CloudWatch::Alarm', Properties: { AlarmActions: actions } };
  return `<GetTemplateResponse><GetTemplateResult><TemplateBody>${JSON.stringify({ Resources: { A: alarm } })}</TemplateBody></GetTemplateResult></GetTemplateResponse>`;
}

/** A function that read its keyring less than 3 s ago does not know a probe's key yet, and the wait for it is shown. */
const onlyProbes = /^(Probe \d of 4 was refused: .*\nWaiting 4 s, until \d\d:\d\d:\d\d\. Ctrl-C stops\.\n)*$/;

/** @returns the output of a command that must succeed */
async function mmw(...args: string[]) {
  const { stdout, stderr } = await run([...args, '--stack', 's', '--json'], env);
  expect(stderr).toMatch(onlyProbes);
  return JSON.parse(stdout);
}

async function queued(): Promise<number> {
  const { client, queueUrl } = sandbox.queue;
  const command = new GetQueueAttributesCommand({
    QueueUrl: queueUrl,
    AttributeNames: ['ApproximateNumberOfMessages'],
  });
  return Number((await client.send(command)).Attributes?.ApproximateNumberOfMessages);
}

interface DoctorReport {
  summary: { health: string; ok: string[] };
  issues: { title: string; suggestion: string }[];
}

async function doctor(...args: string[]) {
  const { code, stdout, stderr } = await run(['doctor', '--stack', 's', '--json', ...args], env);
  expect(stderr).toMatch(onlyProbes);
  const { summary, issues }: DoctorReport = JSON.parse(stdout);
  return { code, summary, issues: issues.map(({ title, suggestion }) => [title, suggestion]) };
}

test('an empty keyring is bad, and the mend is named', async () => {
  const { code, summary, issues } = await doctor();
  expect([code, summary.health]).toEqual([1, 'bad']);
  expect(issues).toEqual([
    ['The keyring is empty', 'npx mmw keys create --enable --stack s'],
    [
      'No webhook at MessageMedia goes to the stack',
      'npx mmw webhooks create --events all --stack s, unless every message has a callback_url.',
    ],
    ['No signed probe was sent', 'npx mmw doctor --probe --stack s'],
  ]);
});

test('a stack that is well says what it looked at, and a probe leaves no event, and no key in the secret', async () => {
  const key = await sandbox.api.createSignatureKey('SHA256');
  sandbox.storeKeyring(JSON.stringify({ keys: [key] }));
  await sandbox.api.enableSignatureKey(key.key_id);
  const [, , optOut] = wishesOf({ url: callbackUrl, events: webhookEvents, retries: 0, retryDelay: 5 });
  if (optOut === undefined) throw new Error('There is no webhook');
  await sandbox.api.createWebhook(optOut);
  const before = sandbox.keyring();
  const { code, summary, issues } = await doctor('--probe');
  expect([await queued(), sandbox.keyring()]).toEqual([0, before]);
  expect({ code, health: summary.health, issues }).toEqual({ code: 0, health: 'good', issues: [] });
  expect(summary.ok).toEqual([
    'Keyring: 1 of 1 keys can verify',
    'The key that is enabled at MessageMedia is in the keyring',
    '1 of 1 webhooks at MessageMedia go to the stack',
    'Queue: 0 waiting, 0 in flight',
    'Consumer: consumer',
    `${callbackUrl} answers, and refuses unsigned requests`,
    'A signed probe to the public URL was verified, and was not queued',
    'Last accepted 2023-11-14T22:13:20.000Z; in 24 hours 1 accepted, 1 refused: unsigned',
    '1 alarms, which notify a topic',
  ]);
});

test('webhooks that miss the stack, or break, are told, however they were made', async () => {
  const webhook = { method: 'POST', encoding: 'JSON', events: ['OPT_OUT_SMS'] } as const;
  const template = '{"notification_id":"$notificationId","text":"$moContent"}';
  const { id: slash } = await sandbox.api.createWebhook({ ...webhook, url: `${callbackUrl}/?kind=opt-out`, template });
  const { id: broken } = await sandbox.api.createWebhook({ ...webhook, url: callbackUrl, template });
  const { id: other } = await sandbox.api.createWebhook({ ...webhook, url: 'https://a.example/m', template });
  const { code, issues } = await doctor();
  for (const id of [slash, broken, other]) await sandbox.api.deleteWebhook(id);
  expect(code).toBe(1);
  expect(issues.filter(([title]) => title?.startsWith('Webhook'))).toEqual([
    [`Webhook ${slash} misses the stack`, `npx mmw webhooks update ${slash} --url '${callbackUrl}?kind=opt-out'`],
    [`Webhook ${broken} for OPT_OUT_SMS`, 'Write "$!esc.json($!moContent)".'],
    [`Webhook ${other} does not go to the stack`, 'Nothing, if that is what you want.'],
  ]);
});

test('the list of webhooks says which miss the stack', async () => {
  const webhook = { method: 'POST', encoding: 'JSON', events: ['OPT_OUT_SMS'] } as const;
  const template = '{"notification_id":"$notificationId"}';
  const { id } = await sandbox.api.createWebhook({ ...webhook, url: `${callbackUrl}/`, template });
  const list: { id: string; problems: object[] }[] = await mmw('webhooks', 'list');
  await sandbox.api.deleteWebhook(id);
  expect(list.find((one) => one.id === id)?.problems).toMatchObject([{ severity: 'error', code: 'address' }]);
});

test('simulate delivers to a stack at a rate, and nothing of it is queued', async () => {
  const { sent, statuses, unanswered } = await mmw('simulate', '--rate', '200', '--count', '40');
  expect({ sent, statuses, unanswered }).toEqual({ sent: 40, statuses: { 200: 40 }, unanswered: 0 });
  expect(await queued()).toBe(0);
});

test('refused requests are captured, as many as asked for and without credentials, and explained', async () => {
  await mmw('capture', '--count', '2');
  // A running function reads the secret again on the first bad signature, but not within 3 s of the last time.
  await new Promise((resolve) => setTimeout(resolve, 3_100));
  const key = sandbox.provider.signingKey();
  const good = toWire(sampleWebhooks('/messagemedia').smsReply, key);
  const rewritten = { ...good, body: Buffer.from(JSON.stringify(JSON.parse(String(good.body)), null, 2)) };
  const credentials = { authorization: 'Bearer let-me-in', cookie: 'session=let-me-in', 'x-auth-token': 'let-me-in' };
  const unsigned = toWire(sampleWebhooks('/messagemedia').optOut, undefined);
  for (const request of [rewritten, { ...unsigned, headers: { ...unsigned.headers, ...credentials } }, unsigned])
    expect((await deliver(sandbox.url, request)).status).toBe(401);
  expect((await deliver(sandbox.url, good)).status).toBe(202);
  expect((await doctor()).issues).toContainEqual(['Refused requests are captured', 'npx mmw capture --stop --stack s']);

  const captures: { cause: string; name: string }[] = await mmw('doctor', '--capture');
  expect(captures.map(({ cause }) => cause)).toEqual(['body_rewritten', 'unsigned']);
  const { Body } = await sandbox.queue.storage.send(
    new GetObjectCommand({ Bucket: sandbox.queue.overflowBucket, Key: captures[1]?.name }),
  );
  expect(await Body?.transformToString()).not.toContain('let-me-in');

  await mmw('capture', '--stop');
  expect(sandbox.keyring()).not.toContain('capture');
});

test('a consumer that is switched off, and a topic that nobody hears, are named', async () => {
  consumers = [{ ...consumers[0], State: 'Disabled' }];
  subscriber = 'PendingConfirmation';
  const { issues } = await doctor();
  expect(issues).toContainEqual([
    'The consumer is switched off',
    'aws lambda update-event-source-mapping --enabled --uuid u',
  ]);
  expect(issues.map(([title]) => title)).toContain(
    'arn:aws:sns:us-east-1:123456789012:alarms has no confirmed subscriber',
  );
});

test('a list that hides events is named, and so are events that were left, and runs that do not end', async () => {
  reconciles = true;
  const well = { full: false, left: 0 };
  const take = 'npx mmw reconcile --stack s --confirm';
  const titles = async () =>
    (await doctor()).issues.filter(([, suggestion]) => /reconcil|logs tail/.test(String(suggestion)));
  expect(await titles()).toEqual([
    ['No reconciliation ended in the last 25 hours', 'aws logs tail reconciliation --since 2d'],
  ]);
  runs = [
    { message: 'reconciled', deliveryReports: { full: true }, replies: well },
    { message: 'reconciled', deliveryReports: well, replies: well },
  ];
  expect(await titles()).toEqual([]);
  expect((await doctor()).summary.ok).toContain('Last reconciliation 2023-11-14T22:13:20.000Z');
  runs.push({ message: 'reconciled', deliveryReports: { full: true, left: 0 }, replies: { full: false, left: 3 } });
  expect(await titles()).toEqual([
    ["MessageMedia's list of delivery reports is full", take],
    ['3 replies were left', take],
  ]);
});

test('everything that is wrong is told at once, the worst first', async () => {
  sandbox.storeKeyring(keyringOf(makeKey()));
  runs = [];
  reconciles = false;
  entries = [{ message: 'refused', reason: 'unknown_key' }];
  actions = [];
  consumers = [];
  callbackUrl = 'http://127.0.0.1:9/';
  const { queueUrl, deadLetterQueueUrl, client } = sandbox.queue;
  const ids = { MessageBody: 'x', MessageGroupId: 'g' };
  await client.send(new PurgeQueueCommand({ QueueUrl: queueUrl }));
  await client.send(new SendMessageCommand({ QueueUrl: deadLetterQueueUrl, ...ids, MessageDeduplicationId: '1' }));
  await client.send(new SendMessageCommand({ QueueUrl: queueUrl, ...ids, MessageDeduplicationId: '2' }));
  const { code, issues } = await doctor();
  expect(code).toBe(1);
  expect(issues.map(([title]) => title)).toEqual([
    'The keyring and the keys at MessageMedia do not match',
    expect.stringMatching(/^Webhook .* misses the stack$/),
    'http://127.0.0.1:9/ does not answer',
    'No request was accepted in the last 24 hours',
    'The keyring and the keys at MessageMedia do not match',
    '1 dead letters',
    'Events wait, and none is in flight',
    'Alarms notify nobody',
    'No webhook at MessageMedia goes to the stack',
    'No Lambda function consumes the queue',
    'No signed probe was sent',
  ]);
});

test('a queue that is gone is named with its mend', async () => {
  const { client, deadLetterQueueUrl } = sandbox.queue;
  await client.send(new DeleteQueueCommand({ QueueUrl: deadLetterQueueUrl }));
  expect((await doctor()).issues).toContainEqual([
    'A queue does not exist any more',
    'npx mmw queue restore --stack s',
  ]);
});
