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
import { Queue } from 'aws-cdk-lib/aws-sqs';
import { PythonConsumer } from '../../examples/python/python-consumer.ts';
import { TypeScriptConsumer } from '../../examples/typescript/typescript-consumer.ts';
import { outputs } from '../../lambda/stack-outputs.ts';

const run = promisify(execFile);
const root = fileURLToPath(new URL('../..', import.meta.url));

const queueArn = 'arn:aws:sqs:eu-central-1:123456789012:events.fifo';
const keyringSecretArn = 'arn:aws:secretsmanager:eu-central-1:123456789012:secret:keyring-AbCdEf';
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

const runApp = (context: Context) => runExample('examples/app.ts', 'MessageMediaConsumer', context);
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

/** A consumer with all settings, or only with the required ones. */
function synthesize(Consumer: typeof TypeScriptConsumer | typeof PythonConsumer, isFull: boolean): Template {
  const stack = new Stack(new App({ outdir, context: { 'aws:cdk:bundling-stacks': [] } }), 'Test');
  new Consumer(stack, 'Consumer', {
    queue: Queue.fromQueueArn(stack, 'Events', queueArn),
    ...(isFull && {
      overflowBucket: Bucket.fromBucketName(stack, 'Large', 'large-events'),
      keyring: Secret.fromSecretCompleteArn(stack, 'Keyring', keyringSecretArn),
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
    });
    plain.hasResourceProperties('AWS::Lambda::Function', { Runtime: runtime, Architectures: ['arm64'], Timeout: 30 });
  });

  test('remembers what was handled in a table as Powertools wants it', () => {
    plain.hasResourceProperties('AWS::DynamoDB::GlobalTable', {
      KeySchema: [{ AttributeName: 'id', KeyType: 'HASH' }],
      TimeToLiveSpecification: { AttributeName: 'expiration', Enabled: true },
      BillingMode: 'PAY_PER_REQUEST',
    });
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

  test('says what it must be given, and all that is wrong', async () => {
    const wrong = { language: 'perl', filter: 'none', overflowbucket: 'x', customerManagedKey: 'true' };
    await expect(runApp(wrong)).rejects.toThrow(
      /Setting language is "perl".*\nSetting filter is "none": it must be one of .*image-replies.*\nNo queue is given: add -c stack=NAME, or -c queueArn=.*\nSetting customerManagedKey needs stack.*\nThere is no setting overflowbucket/,
    );
    await expect(runApp({ stack: 'a b', queueArn: 'events.fifo' })).rejects.toThrow(
      /Setting stack is "a b".*\nSetting queueArn is "events.fifo".*\nSetting queueArn is given twice/,
    );
  });
});

describe('the app of the fan-out', () => {
  test('takes everything from the outputs of a stack, and has a bundle that runs as it is', async () => {
    const template = await runFanOut({ stack: 'Receiver', customerManagedKey: 'true' });
    template.hasResourceProperties('AWS::Lambda::EventSourceMapping', { EventSourceArn: output('QueueArn') });
    template.hasResourceProperties('AWS::Lambda::Function', {
      Environment: { Variables: { OVERFLOW_BUCKET: output('OverflowBucketName') } },
    });
    const decrypt = { Action: 'kms:Decrypt', Effect: 'Allow', Resource: output('KeyArn') };
    template.hasResourceProperties('AWS::IAM::Policy', { PolicyDocument: { Statement: Match.arrayWith([decrypt]) } });
    expect(Object.keys(template.findOutputs('*'))).toContain('AuditQueueUrl');
    expect(await runBundle(template, {})).toEqual({ batchItemFailures: [] });
  });

  test('takes what `mmw outputs --context` prints, and needs no key', async () => {
    const context = { queueArn, keyringSecretArn, overflowBucket: 'large-events', 'aws:cdk:bundling-stacks': [] };
    const template = await runFanOut(context);
    template.hasResourceProperties('AWS::Lambda::EventSourceMapping', { EventSourceArn: queueArn });
    expect(actions(template).filter((action) => action.startsWith('kms:'))).toEqual([]);
    template.resourceCountIs('AWS::KMS::Key', 0);
  });

  test('says what it must be given, and has no settings of a consumer', async () => {
    await expect(runFanOut({ queueArn })).rejects.toThrow('No bucket is given: add -c stack=NAME');
    await expect(runFanOut({ stack: 'Receiver', language: 'python' })).rejects.toThrow(
      'There is no setting language: the settings are stack, customerManagedKey, queueArn,',
    );
  });
});
