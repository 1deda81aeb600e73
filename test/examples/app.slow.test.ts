import { execFile } from 'node:child_process';
import { globSync, readFileSync } from 'node:fs';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { Stack } from 'aws-cdk-lib';
import { Match, Template } from 'aws-cdk-lib/assertions';
import { Bucket } from 'aws-cdk-lib/aws-s3';
import { Secret } from 'aws-cdk-lib/aws-secretsmanager';
import { Topic } from 'aws-cdk-lib/aws-sns';
import { Queue } from 'aws-cdk-lib/aws-sqs';
import { PythonConsumer } from '../../examples/python/python-consumer.ts';
import { TypeScriptConsumer } from '../../examples/typescript/typescript-consumer.ts';
import { outputs } from '../../lambda/stack-outputs.ts';
import { assumed } from '../assumed.ts';
import { createApp } from '../lib/support.ts';

const run = promisify(execFile);
const root = fileURLToPath(new URL('../..', import.meta.url));

const queueArn = 'arn:aws:sqs:eu-central-1:123456789012:events.fifo';
const keyringSecretArn = 'arn:aws:secretsmanager:eu-central-1:123456789012:secret:keyring-AbCdEf';
const alarmTopicArn = 'arn:aws:sns:eu-central-1:123456789012:alarms';
const queueKeyArn = 'arn:aws:kms:eu-central-1:123456789012:key/of-the-readers';
const filters: unknown[] = JSON.parse(readFileSync(join(root, 'examples/filters/image-replies.json'), 'utf8'));

let outdir: string;
beforeAll(async () => {
  outdir = await mkdtemp(join(tmpdir(), 'consumers-'));
});
afterAll(() => rm(outdir, { recursive: true }));

type Context = Record<string, string | string[]>;
const unbundled = { 'aws:cdk:bundling-stacks': [] };

/** Runs apps as the CDK's command does, one after the other in one process. @returns the templates, in their order */
async function runApps(apps: readonly [file: string, context: Context][]): Promise<Template[]> {
  const folder = await mkdtemp(join(outdir, 'apps-'));
  const script = `for (const [index, [file, context]] of JSON.parse(process.argv[1]).entries()) {
    process.env.CDK_OUTDIR = process.argv[2] + '/' + index;
    process.env.CDK_CONTEXT_JSON = JSON.stringify({ 'aws:cdk:enable-asset-metadata': true, ...context });
    await import(file + '?' + index);
  }`;
  const files = apps.map(([file, context]) => [new URL(`../../examples/${file}`, import.meta.url).href, context]);
  // CloudFormation's own rules take long, and are asked about a stack with everything above.
  const env = { PATH: `${root}/node_modules/.bin:${process.env.PATH}`, CDK_VALIDATION: 'false' };
  const args = ['--input-type=module', '--eval', script, '--', JSON.stringify(files), folder];
  await run(process.execPath, args, { cwd: root, env });
  return Promise.all(
    apps.map(async (_, index) => {
      const [name = ''] = globSync('*.template.json', { cwd: join(folder, String(index)) });
      return Template.fromJSON(JSON.parse(await readFile(join(folder, String(index), name), 'utf8')));
    }),
  );
}

/** What the bundled function answers to no messages. */
async function runBundle(template: Template, env: Record<string, string>): Promise<unknown> {
  const [handler] = Object.values(template.findResources('AWS::Lambda::Function'));
  const [bundle = ''] = globSync(`*/*/${handler?.Metadata['aws:asset:path']}/index.mjs`, { cwd: outdir });
  const script = `const { handler } = await import(${JSON.stringify(join(outdir, bundle))});
    console.log(JSON.stringify(await handler({ Records: [] }, {})));`;
  const { stdout } = await run(process.execPath, ['--input-type=module', '--eval', script], {
    env: { AWS_REGION: 'us-east-1', ...env },
  });
  return JSON.parse(stdout);
}

const output = (OutputName: string) => {
  expect(Object.values(outputs)).toContain(OutputName);
  return { 'Fn::GetStackOutput': { StackName: 'Receiver', OutputName } };
};

const ofFanOut = (OutputName: string) => ({ 'Fn::GetStackOutput': { StackName: 'MessageMediaFanOut', OutputName } });

/** A consumer with all settings, or only with the required ones. */
function synthesize(Consumer: typeof TypeScriptConsumer | typeof PythonConsumer, isFull: boolean): Template {
  const stack = new Stack(createApp({}, { validate: isFull }), 'Test');
  new Consumer(stack, 'Consumer', {
    queue: Queue.fromQueueArn(stack, 'Events', queueArn),
    ...(isFull && {
      overflowBucket: Bucket.fromBucketName(stack, 'Large', 'large-events'),
      keyring: Secret.fromSecretCompleteArn(stack, 'Keyring', keyringSecretArn),
      maxConcurrency: 50,
      logRetention: 90,
      isWatched: true,
      alarmTopic: Topic.fromTopicArn(stack, 'AlarmTopic', alarmTopicArn),
    }),
  });
  return Template.fromStack(stack);
}

function statements(template: Template): { Action: string | string[]; Resource: unknown }[] {
  const policies = Object.values(template.findResources('AWS::IAM::Policy'));
  return policies.flatMap(({ Properties }) => Properties.PolicyDocument.Statement);
}

const actions = (template: Template) =>
  statements(template)
    .flatMap(({ Action }) => Action)
    .sort();

/** The keys with which a template lets a function decrypt. */
const decryptable = (template: Template) =>
  statements(template).flatMap(({ Action, Resource }) => (Action === 'kms:Decrypt' ? [Resource] : []));

function alarms(template: Template): Record<string, unknown>[] {
  return Object.values(template.findResources('AWS::CloudWatch::Alarm')).map(({ Properties }) => Properties);
}

const ofTable = ['DeleteItem', 'GetItem', 'PutItem', 'UpdateItem'].map((action) => `dynamodb:${action}`);
const ofQueue = ['ChangeMessageVisibility', 'DeleteMessage', 'GetQueueAttributes', 'GetQueueUrl', 'ReceiveMessage'].map(
  (action) => `sqs:${action}`,
);

describe.each([
  ['TypeScript', TypeScriptConsumer, 'nodejs24.x'],
  ['Python', PythonConsumer, 'python3.13'],
] as const)('the consumer in %s', (_language, Consumer, runtime) => {
  let plain: Template;
  let full: Template;
  beforeAll(() => {
    plain = synthesize(Consumer, false);
    full = synthesize(Consumer, true);
  });

  test('reads the queue in batches of which a part may fail', () => {
    plain.hasResourceProperties('AWS::Lambda::EventSourceMapping', {
      EventSourceArn: queueArn,
      BatchSize: 10,
      FunctionResponseTypes: ['ReportBatchItemFailures'],
      FilterCriteria: Match.absent(),
      // As small as Lambda allows, because the receiver needs the account's concurrency more.
      ScalingConfig: { MaximumConcurrency: assumed.maxConcurrency },
    });
    full.hasResourceProperties('AWS::Lambda::EventSourceMapping', { ScalingConfig: { MaximumConcurrency: 50 } });
    plain.hasResourceProperties('AWS::Lambda::Function', { Runtime: runtime, Architectures: ['arm64'], Timeout: 30 });
  });

  test('remembers what was handled in a table as Powertools wants it', () => {
    plain.hasResourceProperties('AWS::DynamoDB::GlobalTable', {
      KeySchema: [{ AttributeName: 'id', KeyType: 'HASH' }],
      TimeToLiveSpecification: { AttributeName: 'expiration', Enabled: true },
      BillingMode: 'PAY_PER_REQUEST',
    });
  });

  test('keeps its log for a month, or as long as is set, and not after the stack', () => {
    for (const [template, days] of [
      [plain, 30],
      [full, 90],
    ] as const) {
      const [[id, log] = []] = Object.entries(template.findResources('AWS::Logs::LogGroup'));
      expect(log).toMatchObject({ Properties: { RetentionInDays: days }, DeletionPolicy: 'Delete' });
      template.hasResourceProperties('AWS::Lambda::Function', { LoggingConfig: { LogGroup: { Ref: id } } });
    }
  });

  test('has alarms on errors and throttles, which end when an invocation goes well, and on the age of events', () => {
    const ofFunction = (MetricName: string) => ({
      Namespace: 'AWS/Lambda',
      MetricName,
      Dimensions: [{ Name: 'FunctionName' }],
      Statistic: 'Sum',
      Period: 300,
      Threshold: 1,
      TreatMissingData: 'ignore',
    });
    const ofQueue = {
      Namespace: 'AWS/SQS',
      MetricName: 'ApproximateAgeOfOldestMessage',
      Dimensions: [{ Name: 'QueueName', Value: 'events.fifo' }],
      Statistic: 'Maximum',
      Threshold: 1800,
      TreatMissingData: 'notBreaching',
    };
    expect(alarms(plain)).toMatchObject([ofFunction('Errors'), ofFunction('Throttles'), ofQueue]);
    expect(alarms(plain).flatMap(({ AlarmActions = [] }) => AlarmActions)).toEqual([]);
  });

  test('notifies a topic, and leaves the age to somebody else who watches it', () => {
    const told = { AlarmActions: [alarmTopicArn], OKActions: [alarmTopicArn] };
    expect(alarms(full)).toMatchObject([
      { MetricName: 'Errors', ...told },
      { MetricName: 'Throttles', ...told },
    ]);
  });

  test('may do what it must and nothing else', () => {
    expect(actions(plain)).toEqual([...ofTable, ...ofQueue].sort());
    const ofSecret = ['secretsmanager:DescribeSecret', 'secretsmanager:GetSecretValue'];
    expect(actions(full)).toEqual([...ofTable, ...ofQueue, ...ofSecret, 's3:GetObject', 's3:ListBucket'].sort());
  });

  test('may ask for data by its whole key, and list nothing else', () => {
    full.hasResourceProperties('AWS::IAM::Policy', {
      PolicyDocument: {
        Statement: Match.arrayWith([
          {
            Effect: 'Allow',
            Action: 's3:ListBucket',
            Resource: Match.anyValue(),
            Condition: { StringLike: { 's3:prefix': '?'.repeat(64) } },
          },
        ]),
      },
    });
  });

  test('is told where everything is', () => {
    const table = { IDEMPOTENCY_TABLE: Match.anyValue() };
    plain.hasResourceProperties('AWS::Lambda::Function', {
      Environment: { Variables: { ...table, OVERFLOW_BUCKET: Match.absent(), KEYRING_SECRET_ID: Match.absent() } },
    });
    full.hasResourceProperties('AWS::Lambda::Function', {
      Environment: { Variables: { ...table, OVERFLOW_BUCKET: 'large-events', KEYRING_SECRET_ID: keyringSecretArn } },
    });
  });
});

describe('the apps', () => {
  const given = { queueArn, keyringSecretArn, overflowBucket: 'large-events' };
  const settings = { maxConcurrency: '20', logRetentionDays: '7', alarmTopicArn };
  const withKey = { stack: 'Receiver', customerManagedKey: 'true' };
  const apps = {
    bundled: ['app.ts', { ...given, filter: 'image-replies' }],
    ofStack: ['app.ts', { ...withKey, ...unbundled }],
    keyless: ['app.ts', { stack: 'Receiver', ...unbundled }],
    own: ['app.ts', { queueArn, ...settings, ...unbundled }],
    reader: ['app.ts', { ...withKey, reader: 'Audit', ...unbundled }],
    readersQueue: ['app.ts', { queueArn, queueKeyArn, overflowBucket: 'large-events', ...unbundled }],
    fanOut: ['fan-out/app.ts', withKey],
    fanOutOfOutputs: ['fan-out/app.ts', { ...given, ...unbundled }],
  } satisfies Record<string, [string, Context]>;
  let templates: Record<keyof typeof apps, Template>;
  beforeAll(async () => {
    const made = await runApps(Object.values(apps) as [string, Context][]);
    templates = Object.fromEntries(Object.keys(apps).map((name, index) => [name, made[index]])) as typeof templates;
  });

  test('make a consumer whose bundle runs as it is', async () => {
    templates.bundled.hasResourceProperties('AWS::Lambda::EventSourceMapping', {
      EventSourceArn: queueArn,
      FilterCriteria: { Filters: filters.map((pattern) => ({ Pattern: JSON.stringify(pattern) })) },
    });
    templates.bundled.hasResourceProperties('AWS::Lambda::Function', {
      Environment: { Variables: { OVERFLOW_BUCKET: 'large-events', KEYRING_SECRET_ID: keyringSecretArn } },
    });
    expect(await runBundle(templates.bundled, { IDEMPOTENCY_TABLE: 'handled' })).toEqual({ batchItemFailures: [] });
  });

  test('take everything from the outputs of a stack, without asking anybody', () => {
    templates.ofStack.hasResourceProperties('AWS::Lambda::EventSourceMapping', { EventSourceArn: output('QueueArn') });
    templates.ofStack.hasResourceProperties('AWS::Lambda::Function', {
      Environment: {
        Variables: { OVERFLOW_BUCKET: output('OverflowBucketName'), KEYRING_SECRET_ID: output('KeyringSecretArn') },
      },
    });
    expect(decryptable(templates.ofStack)).toContainEqual(output('KeyArn'));
    expect(decryptable(templates.keyless)).toEqual([]);
  });

  test('take their own settings, and have log and table as outputs', () => {
    const template = templates.own;
    template.hasResourceProperties('AWS::Lambda::EventSourceMapping', { ScalingConfig: { MaximumConcurrency: 20 } });
    template.hasResourceProperties('AWS::Logs::LogGroup', { RetentionInDays: 7 });
    // Whether anybody watches a queue that is given by its ARN is unknown.
    expect(alarms(template)).toHaveLength(3);
    template.allResourcesProperties('AWS::CloudWatch::Alarm', { AlarmActions: [alarmTopicArn] });
    const [log] = Object.keys(template.findResources('AWS::Logs::LogGroup'));
    const [table] = Object.keys(template.findResources('AWS::DynamoDB::GlobalTable'));
    template.hasOutput('ConsumerLogGroup', { Value: { Ref: log } });
    template.hasOutput('IdempotencyTableName', { Value: { Ref: table } });
  });

  test("read a reader's queue, with the readers' key beside the receiver's", () => {
    const { reader } = templates;
    reader.hasResourceProperties('AWS::Lambda::EventSourceMapping', { EventSourceArn: ofFanOut('AuditQueueArn') });
    expect(decryptable(reader)).toEqual(expect.arrayContaining([ofFanOut('ReadersKeyArn'), output('KeyArn')]));
    expect(alarms(reader).map(({ MetricName }) => MetricName)).toContain('ApproximateAgeOfOldestMessage');
    expect(decryptable(templates.readersQueue)).toEqual([queueKeyArn]);
  });

  test('make a fan-out of the outputs of a stack, whose bundle runs as it is', async () => {
    const { fanOut } = templates;
    fanOut.hasResourceProperties('AWS::Lambda::EventSourceMapping', { EventSourceArn: output('QueueArn') });
    expect(decryptable(fanOut)).toEqual([output('KeyArn')]);
    expect(Object.keys(fanOut.findOutputs('*'))).toEqual(
      expect.arrayContaining(['AuditQueueUrl', 'ForwarderLogGroup']),
    );
    const [key] = Object.keys(fanOut.findResources('AWS::KMS::Key'));
    fanOut.hasOutput('ReadersKeyArn', { Value: { 'Fn::GetAtt': [key, 'Arn'] } });
    expect(await runBundle(fanOut, {})).toEqual({ batchItemFailures: [] });
  });

  test('make a fan-out of what `mmw outputs --context` prints, without a key', () => {
    const template = templates.fanOutOfOutputs;
    template.hasResourceProperties('AWS::Lambda::EventSourceMapping', { EventSourceArn: queueArn });
    expect(decryptable(template)).toEqual([]);
    template.resourceCountIs('AWS::KMS::Key', 0);
    expect(Object.keys(template.findOutputs('*'))).not.toContain('ReadersKeyArn');
  });

  test.each([
    ['app.ts', 'There is no setting overflowbucket: the settings are stack, customerManagedKey, language,'],
    ['fan-out/app.ts', 'There is no setting language: the settings are stack, customerManagedKey, queueArn,'],
  ])('%s says what is wrong, and stops', async (app, message) => {
    const wrong = { language: 'python', overflowbucket: 'x', queueArn };
    await expect(runApps([[app, wrong]])).rejects.toMatchObject({ code: 1, stderr: expect.stringContaining(message) });
  });
});
