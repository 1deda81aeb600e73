import { describe, expect, test } from '@jest/globals';
import { Duration, Stack } from 'aws-cdk-lib';
import { Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import { Key } from 'aws-cdk-lib/aws-kms';
import { Secret } from 'aws-cdk-lib/aws-secretsmanager';
import { Queue } from 'aws-cdk-lib/aws-sqs';
import { AwsSolutionsChecks } from 'cdk-nag';
import { EventQueue } from '../../lib/event-queue.ts';
import { Monitoring } from '../../lib/monitoring/monitoring.ts';
import { WebhookReceiver } from '../../lib/webhook-receiver.ts';
import { isAllowed, resolve, statementsOf } from './policies.ts';
import { createApp, idOf, idsOf, templateOf } from './support.ts';

const createStack = (id = 'Shop') => new Stack(createApp(), id);

test('a receiver makes what it is not given', () => {
  const stack = createStack();
  const receiver = new WebhookReceiver(stack, 'Receiver');
  const { json } = templateOf(stack);
  expect(idsOf(json, 'AWS::SQS::Queue')).toHaveLength(2);
  expect(idsOf(json, 'AWS::SecretsManager::Secret')).toHaveLength(1);
  expect(idsOf(json, 'AWS::ApiGatewayV2::Api')).toHaveLength(1);
  expect(String(resolve(stack.resolve(receiver.callbackUrl)))).toMatch(/\.amazonaws\.com\/messagemedia$/);
  expect(receiver.domainTarget).toBeUndefined();
  expect(receiver.deadLetterQueue).toBeDefined();
});

test('a receiver that is told nothing is as the app makes it by default', () => {
  const stack = createStack();
  new WebhookReceiver(stack, 'Receiver');
  const { template } = templateOf(stack);
  template.allResourcesProperties('AWS::Logs::LogGroup', { RetentionInDays: 30 });
  template.hasResourceProperties('AWS::ApiGatewayV2::Stage', {
    DefaultRouteSettings: { ThrottlingRateLimit: 200, ThrottlingBurstLimit: 400 },
  });
  template.hasResourceProperties('AWS::Lambda::Function', {
    TracingConfig: { Mode: 'Active' },
    Environment: { Variables: { TIMESTAMP_TOLERANCE_SECONDS: '86400' } },
  });
});

describe('a receiver with a queue and a secret of somebody else', () => {
  const stack = createStack();
  const queue = Queue.fromQueueArn(stack, 'Queue', 'arn:aws:sqs:us-east-1:123456789012:events.fifo');
  const keyring = Secret.fromSecretNameV2(stack, 'Keys', 'keys');
  new WebhookReceiver(stack, 'Receiver', {
    queue,
    keyring,
    timestampTolerance: Duration.hours(1),
    callbackPath: '/in',
  });
  const { json, template } = templateOf(stack);

  test('makes none of its own', () => {
    expect(idsOf(json, 'AWS::SQS::Queue')).toEqual([]);
    expect(idsOf(json, 'AWS::SecretsManager::Secret')).toEqual([]);
  });

  test('tells the function of both, and lets it use them', () => {
    template.hasResourceProperties('AWS::Lambda::Function', {
      Environment: {
        Variables: { TIMESTAMP_TOLERANCE_SECONDS: '3600', POWERTOOLS_SERVICE_NAME: 'Shop/Receiver' },
      },
    });
    const statements = statementsOf(json, idOf(json, 'AWS::IAM::Role', /./));
    const queueArn = 'arn:aws:sqs:us-east-1:123456789012:events.fifo';
    const secretArn = 'arn:aws:secretsmanager:us-east-1:123456789012:secret:keys';
    const may = (action: string, resource: string) => isAllowed(statements, { action, resource });
    expect(may('sqs:SendMessage', queueArn)).toBe(true);
    expect(may('secretsmanager:GetSecretValue', `${secretArn}-AbCdEf`)).toBe(true);
    expect(may('secretsmanager:GetSecretValue', `${secretArn}-other-AbCdEf`)).toBe(false);
  });
});

test('several receivers live in one stack, each with metrics, queries and an API of its own name', () => {
  const stack = createStack();
  const receivers = ['One', 'Two'].map((id) => new WebhookReceiver(stack, id, { rest: {} }));
  for (const receiver of receivers) new Monitoring(stack, `${receiver.node.id}Monitoring`, { receiver });
  const { json } = templateOf(stack);
  expect(receivers.map(({ service }) => service)).toEqual(['Shop/One', 'Shop/Two']);
  const dimensions = receivers.map((receiver) => receiver.metricAccepted().dimensions);
  expect(dimensions).toEqual([{ service: 'Shop/One' }, { service: 'Shop/Two' }]);
  // The metrics of a REST API go by its name.
  for (const type of ['AWS::Logs::QueryDefinition', 'AWS::ApiGateway::RestApi']) {
    const names = idsOf(json, type).map((id) => json.Resources[id]?.Properties.Name);
    expect(new Set(names).size).toBe(names.length);
  }
});

test('the name of a receiver has the name of its stack in it, as it is deployed', () => {
  const stack = new Stack(createApp(), 'Id', { stackName: 'deployed-name' });
  expect(new WebhookReceiver(stack, 'Receiver').service).toBe('deployed-name/Receiver');
});

test('a path that a front door would rewrite is an error', () => {
  expect(() => new WebhookReceiver(createStack(), 'Receiver', { callbackPath: '/caf%C3%A9' })).toThrow('/caf%C3%A9');
});

describe('grants', () => {
  const stack = createStack();
  const encryptionKey = new Key(stack, 'Key');
  const { queue } = new EventQueue(stack, 'Events', { encryptionKey });
  const receiver = new WebhookReceiver(stack, 'Receiver', { queue, encryptionKey });
  const role = (id: string) => new Role(stack, id, { assumedBy: new ServicePrincipal('lambda.amazonaws.com') });
  receiver.grantConsumeEvents(role('Consumer'));
  receiver.grantManageKeys(role('KeyManager'));
  const { json } = templateOf(stack);
  const arn = (type: string, shape: RegExp) => `arn:${idOf(json, type, shape)}`;
  const events = arn('AWS::SQS::Queue', /^Events[0-9A-F]{8}$/);
  const keyring = arn('AWS::SecretsManager::Secret', /./);
  const may = (who: RegExp, action: string, resource: string, prefix?: string) =>
    isAllowed(statementsOf(json, idOf(json, 'AWS::IAM::Role', who)), { action, resource, ...(prefix && { prefix }) });

  test('a consumer may receive, delete and decrypt, and not send', () => {
    expect(may(/^Consumer/, 'sqs:ReceiveMessage', events)).toBe(true);
    expect(may(/^Consumer/, 'sqs:DeleteMessage', events)).toBe(true);
    expect(may(/^Consumer/, 'kms:Decrypt', arn('AWS::KMS::Key', /./))).toBe(true);
    expect(may(/^Consumer/, 'sqs:SendMessage', events)).toBe(false);
    expect(may(/^Consumer/, 'secretsmanager:GetSecretValue', keyring)).toBe(false);
  });

  test('a consumer learns of missing data that it is missing, and cannot list what there is', () => {
    const large = arn('AWS::S3::Bucket', /./);
    expect(may(/^Consumer/, 's3:GetObject', `${large}/${'0'.repeat(64)}`)).toBe(true);
    expect(may(/^Consumer/, 's3:ListBucket', large, '0'.repeat(64))).toBe(true);
    for (const prefix of [undefined, '', '0'.repeat(63), '0'.repeat(65), 'captures/'])
      expect(may(/^Consumer/, 's3:ListBucket', large, prefix)).toBe(false);
    expect(may(/^Consumer/, 's3:PutObject', `${large}/${'0'.repeat(64)}`)).toBe(false);
    expect(may(/^KeyManager/, 's3:ListBucket', large, '0'.repeat(64))).toBe(false);
  });

  test('who manages keys may read and write the keyring, and not the queue', () => {
    expect(may(/^KeyManager/, 'secretsmanager:GetSecretValue', keyring)).toBe(true);
    expect(may(/^KeyManager/, 'secretsmanager:PutSecretValue', keyring)).toBe(true);
    expect(may(/^KeyManager/, 'secretsmanager:DeleteSecret', keyring)).toBe(false);
    expect(may(/^KeyManager/, 'sqs:ReceiveMessage', events)).toBe(false);
  });
});

test('a receiver in a stack of somebody else gives cdk-nag nothing to find', () => {
  const receiver = new WebhookReceiver(createStack(), 'Webhooks');
  expect(new AwsSolutionsChecks().validateScope(receiver).violations).toEqual([]);
});
