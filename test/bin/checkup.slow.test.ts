import { DeleteQueueCommand, SendMessageCommand } from '@aws-sdk/client-sqs';
import { afterAll, beforeAll, beforeEach, expect, test } from '@jest/globals';
import { type LocalServer, listen, readBody } from '../../sandbox/http.ts';
import { type Sandbox, startSandbox } from '../../sandbox/sandbox.ts';
import { keyringOf, makeKey } from '../support.ts';
import { localEnvironment, start } from './terminal.ts';

let sandbox: Sandbox;
let aws: LocalServer;
let env: Record<string, string>;
/** What the function logged, and what the stack's template and URL are. */
let entries: object[];
let actions: string[];
let callbackUrl: string;

beforeAll(async () => {
  sandbox = await startSandbox({ port: 0, onAnswer: () => {} });
  aws = await listen(0, async (request, response) => {
    const body = String(await readBody(request));
    if (String(request.headers['x-amz-target']).endsWith('FilterLogEvents')) {
      const events = entries.map((entry) => ({ timestamp: 1_700_000_000_000, message: JSON.stringify(entry) }));
      response.writeHead(200, { 'content-type': 'application/x-amz-json-1.1' }).end(JSON.stringify({ events }));
      return;
    }
    response
      .writeHead(200, { 'content-type': 'text/xml' })
      .end(body.includes('Action=GetTemplate') ? template() : stacks());
  });
  env = localEnvironment({
    ...sandbox.environment,
    AWS_ENDPOINT_URL_CLOUDFORMATION: aws.url,
    AWS_ENDPOINT_URL_CLOUDWATCH_LOGS: aws.url,
  });
});
afterAll(async () => {
  await aws.close();
  await sandbox.close();
});
beforeEach(() => {
  entries = [{ outcome: 'accepted' }, { outcome: 'refused', reason: 'unsigned' }];
  actions = ['arn:aws:sns:us-east-1:123456789012:alarms'];
  callbackUrl = `${sandbox.url}/messagemedia`;
});

function stacks(): string {
  const { queueUrl, deadLetterQueueUrl } = sandbox.queue;
  const outputs = {
    CallbackUrl: callbackUrl,
    QueueUrl: queueUrl,
    DeadLetterQueueUrl: deadLetterQueueUrl,
    KeyringSecretArn: 'keyring',
    FunctionLogGroup: 'receiver',
  };
  const members = Object.entries(outputs).map(
    ([name, value]) => `<member><OutputKey>${name}</OutputKey><OutputValue>${value}</OutputValue></member>`,
  );
  return `<DescribeStacksResponse><DescribeStacksResult><Stacks><member><StackName>s</StackName><Outputs>${members.join('')}</Outputs></member></Stacks></DescribeStacksResult></DescribeStacksResponse>`;
}

function template(): string {
  const alarm = { Type: 'AWS::CloudWatch::Alarm', Properties: { AlarmActions: actions } };
  return `<GetTemplateResponse><GetTemplateResult><TemplateBody>${JSON.stringify({ Resources: { A: alarm } })}</TemplateBody></GetTemplateResult></GetTemplateResponse>`;
}

async function doctor() {
  const { code, stdout, stderr } = await start(['doctor', '--stack', 's', '--json'], env).done;
  expect(stderr).toBe('');
  const {
    summary,
    issues,
  }: { summary: { health: string; ok: string[] }; issues: { title: string; suggestion: string }[] } =
    JSON.parse(stdout);
  return { code, summary, issues: issues.map(({ title, suggestion }) => [title, suggestion]) };
}

test('an empty keyring is bad, and the mend is named', async () => {
  const { code, summary, issues } = await doctor();
  expect([code, summary.health]).toEqual([1, 'bad']);
  expect(issues).toEqual([['The keyring is empty', 'npx mmw keys create --enable --stack s']]);
});

test('a stack that is well says what it looked at', async () => {
  const key = await sandbox.api.createSignatureKey('SHA256');
  sandbox.storeKeyring(JSON.stringify(key));
  await sandbox.api.enableSignatureKey(key.key_id);
  const { code, summary, issues } = await doctor();
  expect({ code, health: summary.health, issues }).toEqual({ code: 0, health: 'good', issues: [] });
  expect(summary.ok).toEqual([
    'Keyring: 1 of 1 keys can verify',
    'The key that is enabled at MessageMedia is in the keyring',
    'Queue: 0 waiting, 0 with consumers',
    `${callbackUrl} answers, and refuses what is not signed`,
    'Last accepted 2023-11-14T22:13:20.000Z; in 24 hours 1 accepted, 1 refused: unsigned',
    '1 alarms, which tell a topic',
  ]);
});

test('everything that is wrong is told at once, the worst first', async () => {
  sandbox.storeKeyring(keyringOf(makeKey()));
  entries = [{ outcome: 'refused', reason: 'unknown_key' }];
  actions = [];
  callbackUrl = 'http://127.0.0.1:9/';
  const { queueUrl, deadLetterQueueUrl, client } = sandbox.queue;
  const ids = { MessageBody: 'x', MessageGroupId: 'g' };
  await client.send(new SendMessageCommand({ QueueUrl: deadLetterQueueUrl, ...ids, MessageDeduplicationId: '1' }));
  await client.send(new SendMessageCommand({ QueueUrl: queueUrl, ...ids, MessageDeduplicationId: '2' }));
  const { code, issues } = await doctor();
  expect(code).toBe(1);
  expect(issues.map(([title]) => title)).toEqual([
    'The keys do not fit',
    'http://127.0.0.1:9/ does not answer',
    'No request was accepted in the last 24 hours',
    'The keys do not fit',
    '1 dead letters',
    'Events wait, and nobody has one in hand',
    'Nobody is told of alarms',
  ]);
});

test('a queue that is gone is named with its mend', async () => {
  const { client, deadLetterQueueUrl } = sandbox.queue;
  await client.send(new DeleteQueueCommand({ QueueUrl: deadLetterQueueUrl }));
  expect((await doctor()).issues).toContainEqual(['A queue is gone', 'npx mmw queue restore --stack s']);
});
