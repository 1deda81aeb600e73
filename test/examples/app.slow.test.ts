import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { App, Stack } from 'aws-cdk-lib';
import { Match, Template } from 'aws-cdk-lib/assertions';
import { Bucket } from 'aws-cdk-lib/aws-s3';
import { Secret } from 'aws-cdk-lib/aws-secretsmanager';
import { Topic } from 'aws-cdk-lib/aws-sns';
import { Queue } from 'aws-cdk-lib/aws-sqs';
import { PythonConsumer } from '../../examples/python/python-consumer.ts';
import { TypeScriptConsumer } from '../../examples/typescript/typescript-consumer.ts';
import { outputs } from '../../lambda/stack-outputs.ts';
import { assumed } from '../assumed.ts';

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

/** Runs an app as the CDK's command does, bundling included. */
async function runExample(app: string, stackName: string, context: Context): Promise<Template> {
  const CDK_CONTEXT_JSON = JSON.stringify({ 'aws:cdk:enable-asset-metadata': true, ...context });
  const env = {
    PATH: `${root}/node_modules/.bin:${process.env.PATH}`,
    CDK_OUTDIR: outdir,
    CDK_CONTEXT_JSON,
    NODE_COMPILE_CACHE: join(outdir, 'compiled'),
  };
  await run(process.execPath, [app], { cwd: root, env });
  return Template.fromJSON(JSON.parse(await readFile(join(outdir, `${stackName}.template.json`), 'utf8')));
}

const runApp = (context: Context, reader = '') =>
  runExample('examples/app.ts', `MessageMediaConsumer${reader}`, context);
const runFanOut = (context: Context) => runExample('examples/fan-out/app.ts', 'MessageMediaFanOut', context);

/** What the bundled function answers to no messages. */
async function runBundle(template: Template, env: Record<string, string>): Promise<unknown> {
  const [handler] = Object.values(template.findResources('AWS::Lambda::Function'));
  const bundle = join(outdir, handler?.Metadata['aws:asset:path'], 'index.mjs');
  const script = `const { handler } = await import(${JSON.stringify(bundle)});
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
  const stack = new Stack(new App({ outdir, context: { 'aws:cdk:bundling-stacks': [] } }), 'Test');
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

function actions(template: Template): string[] {
  const policies = Object.values(template.findResources('AWS::IAM::Policy'));
  const statements: { Action: string | string[] }[] = policies.flatMap(
    ({ Properties }) => Properties.PolicyDocument.Statement,
  );
  return statements.flatMap(({ Action }) => Action).sort();
}

function alarms(template: Template): Record<string, unknown>[] {
  return Object.values(template.findResources('AWS::CloudWatch::Alarm')).map(({ Properties }) => Properties);
}

/** The keys with which a template lets a function decrypt. */
function decryptable(template: Template): unknown[] {
  const policies = Object.values(template.findResources('AWS::IAM::Policy'));
  const statements: { Action: string; Resource: unknown }[] = policies.flatMap(
    ({ Properties }) => Properties.PolicyDocument.Statement,
  );
  return statements.filter(({ Action }) => Action === 'kms:Decrypt').map(({ Resource }) => Resource);
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

describe('the app', () => {
  test('makes a consumer whose bundle runs as it is', async () => {
    const context = { queueArn, keyringSecretArn, overflowBucket: 'large-events', filter: 'image-replies' };
    const template = await runApp(context);
    template.hasResourceProperties('AWS::Lambda::EventSourceMapping', {
      EventSourceArn: queueArn,
      FilterCriteria: {
        Filters: filters.map((pattern) => ({ Pattern: JSON.stringify(pattern) })),
      },
    });
    template.hasResourceProperties('AWS::Lambda::Function', {
      Environment: { Variables: { OVERFLOW_BUCKET: 'large-events', KEYRING_SECRET_ID: keyringSecretArn } },
    });

    expect(await runBundle(template, { IDEMPOTENCY_TABLE: 'handled' })).toEqual({ batchItemFailures: [] });
  });

  test('takes everything from the outputs of a stack, without asking anybody', async () => {
    const template = await runApp({ stack: 'Receiver', customerManagedKey: 'true', 'aws:cdk:bundling-stacks': [] });
    template.hasResourceProperties('AWS::Lambda::EventSourceMapping', { EventSourceArn: output('QueueArn') });
    template.hasResourceProperties('AWS::Lambda::Function', {
      Environment: {
        Variables: { OVERFLOW_BUCKET: output('OverflowBucketName'), KEYRING_SECRET_ID: output('KeyringSecretArn') },
      },
    });
    const decrypt = { Action: 'kms:Decrypt', Effect: 'Allow', Resource: output('KeyArn') };
    template.hasResourceProperties('AWS::IAM::Policy', { PolicyDocument: { Statement: Match.arrayWith([decrypt]) } });
    const keyless = await runApp({ stack: 'Receiver', 'aws:cdk:bundling-stacks': [] });
    expect(actions(keyless)).not.toContain('kms:Decrypt');
  });

  test('takes its own settings, and has its log and its table as outputs', async () => {
    const settings = { maxConcurrency: '20', logRetentionDays: '7', alarmTopicArn };
    const template = await runApp({ queueArn, ...settings, 'aws:cdk:bundling-stacks': [] });
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

  test("reads a reader's queue, with the readers' key beside the receiver's, in a stack of its own", async () => {
    const context = { stack: 'Receiver', reader: 'Audit', customerManagedKey: 'true', 'aws:cdk:bundling-stacks': [] };
    const template = await runApp(context, 'Audit');
    template.hasResourceProperties('AWS::Lambda::EventSourceMapping', { EventSourceArn: ofFanOut('AuditQueueArn') });
    expect(decryptable(template)).toEqual(expect.arrayContaining([ofFanOut('ReadersKeyArn'), output('KeyArn')]));
    expect(alarms(template).map(({ MetricName }) => MetricName)).toContain('ApproximateAgeOfOldestMessage');

    const given = await runApp({
      queueArn,
      queueKeyArn,
      overflowBucket: 'large-events',
      'aws:cdk:bundling-stacks': [],
    });
    expect(decryptable(given)).toEqual([queueKeyArn]);
  });

  test('says what it must be given, and all that is wrong', async () => {
    const wrong = { language: 'perl', filter: 'none', overflowbucket: 'x', customerManagedKey: 'true' };
    await expect(runApp(wrong)).rejects.toThrow(
      /Setting language is "perl".*\nSetting filter is "none": it must be one of .*image-replies.*\nNo queue is given: add -c stack=NAME, or -c queueArn=.*\nSetting customerManagedKey needs stack.*\nThere is no setting overflowbucket/,
    );
    await expect(runApp({ stack: 'a b', queueArn: 'events.fifo' })).rejects.toThrow(
      /Setting stack is "a b".*\nSetting queueArn is "events.fifo".*\nSetting queueArn is given twice/,
    );
    await expect(
      runApp({ stack: 'Receiver', maxConcurrency: '1', logRetentionDays: '31', queueKeyArn }),
    ).rejects.toThrow(
      /Setting maxConcurrency is "1": it must be a whole number from 2 to 1000.*\nSetting logRetentionDays is "31": it must be one of 1, 3, .*\nSetting queueKeyArn is given twice/,
    );
    await expect(runApp({ queueArn, reader: 'Audit', maxConcurrency: '1001' })).rejects.toThrow(
      /Setting maxConcurrency is "1001".*\nSetting reader needs stack/,
    );
  });
});

describe('the app of the fan-out', () => {
  test('takes everything from the outputs of a stack, and has a bundle that runs as it is', async () => {
    const template = await runFanOut({ stack: 'Receiver', customerManagedKey: 'true' });
    template.hasResourceProperties('AWS::Lambda::EventSourceMapping', { EventSourceArn: output('QueueArn') });
    expect(decryptable(template)).toEqual([output('KeyArn')]);
    expect(Object.keys(template.findOutputs('*'))).toEqual(
      expect.arrayContaining(['AuditQueueUrl', 'ForwarderLogGroup']),
    );
    const [key] = Object.keys(template.findResources('AWS::KMS::Key'));
    template.hasOutput('ReadersKeyArn', { Value: { 'Fn::GetAtt': [key, 'Arn'] } });
    expect(await runBundle(template, {})).toEqual({ batchItemFailures: [] });
  });

  test('takes what `mmw outputs --context` prints, and needs no key', async () => {
    const context = { queueArn, keyringSecretArn, overflowBucket: 'large-events', 'aws:cdk:bundling-stacks': [] };
    const template = await runFanOut(context);
    template.hasResourceProperties('AWS::Lambda::EventSourceMapping', { EventSourceArn: queueArn });
    expect(actions(template).filter((action) => action.startsWith('kms:'))).toEqual([]);
    template.resourceCountIs('AWS::KMS::Key', 0);
    expect(Object.keys(template.findOutputs('*'))).not.toContain('ReadersKeyArn');
  });

  test('says what it must be given, and has no settings of a consumer', async () => {
    await expect(runFanOut({})).rejects.toThrow('No queue is given: add -c stack=NAME');
    await expect(runFanOut({ stack: 'Receiver', language: 'python' })).rejects.toThrow(
      'There is no setting language: the settings are stack, customerManagedKey, queueArn,',
    );
  });
});
