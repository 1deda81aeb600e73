import { describe, expect, test } from '@jest/globals';
import { Duration, Stack } from 'aws-cdk-lib';
import { RetentionDays } from 'aws-cdk-lib/aws-logs';
import { AwsSolutionsChecks } from 'cdk-nag';
import { KeyRotation } from '../../lib/key-rotation.ts';
import { Reconciliation } from '../../lib/reconciliation.ts';
import { WebhookReceiver } from '../../lib/webhook-receiver.ts';
import { arnOf, isAllowed, resolve, statementsOf } from './policies.ts';
import { createApp, idOf, idsOf, samples, stackOf, templateOf } from './support.ts';

const settings = [
  { reconcileMinutes: '15', messagemediaBaseUrl: 'au' },
  {
    reconcileMinutes: '15',
    reconcileConfirm: 'true',
    rotationDays: '30',
    messagemediaBaseUrl: 'au',
    customerManagedKey: 'true',
    frontDoor: 'rest',
    ordering: 'standard',
    ...samples.alarmTopic,
  },
];

test('is off by default', () => {
  expect(idsOf(stackOf({}).json, 'AWS::Events::Rule')).toEqual([]);
  expect(idsOf(stackOf({}).json, 'AWS::SecretsManager::Secret')).toEqual(['Keyring']);
});

describe.each(settings)('with %j', (context) => {
  const { app, template, json } = stackOf(context);
  const credentials = idOf(json, 'AWS::SecretsManager::Secret', /ApiCredentials/);
  const role = idOf(json, 'AWS::IAM::Role', /^Reconciliation/);
  const run = idOf(json, 'AWS::Lambda::Function', /^Reconciliation/);
  const logOf = (shape: RegExp) => idOf(json, 'AWS::Logs::LogGroup', shape);
  const logs = [logOf(/^ReceiverFunctionLog/), logOf(/^ReconciliationLog/)].map(arnOf);

  test('runs on its schedule, one run at a time, and leaves a failed one to the next', () => {
    template.hasResourceProperties('AWS::Events::Rule', {
      ScheduleExpression: 'rate(15 minutes)',
      Targets: [{ Arn: { 'Fn::GetAtt': [run, 'Arn'] }, RetryPolicy: { MaximumRetryAttempts: 0 } }],
    });
    template.hasResourceProperties('AWS::Lambda::EventInvokeConfig', { MaximumRetryAttempts: 0 });
    expect(json.Resources[run]?.Properties).toMatchObject({ Timeout: 300 });
    expect(json.Resources[run]?.Properties).not.toHaveProperty('ReservedConcurrentExecutions');
  });

  test('knows queue, bucket, log and API, and counts for the receiver', () => {
    expect(resolve(json.Resources[run]?.Properties)).toMatchObject({
      Environment: {
        Variables: {
          QUEUE_URL: arnOf('EventQueue'),
          KEYRING_SECRET_ID: arnOf('Keyring'),
          OVERFLOW_BUCKET: arnOf('OverflowBucket'),
          API_CREDENTIALS_SECRET_ID: arnOf(credentials),
          MESSAGEMEDIA_BASE_URL: 'au',
          POWERTOOLS_SERVICE_NAME: 'Test/Receiver',
          RECONCILE_CONFIRM: String('reconcileConfirm' in context),
          RECONCILE_LOG_GROUPS: logs.join(','),
          RECONCILE_LOG_DAYS: '30',
          RECONCILE_STACK: 'Test',
        },
      },
    });
    for (const name of ['FunctionLogGroup', 'ReconciliationLogGroup', 'ApiCredentialsSecretArn']) {
      template.hasOutput(name, {});
    }
  });

  test('may queue, store, ask the two logs and read keyring and credentials, and nothing else', () => {
    const allowed = statementsOf(json, role).flatMap(({ Action, Resource }) =>
      [Action].flat().flatMap((action) => [Resource].flat().map((resource) => `${action} ${resource}`)),
    );
    const [receiverLog, ownLog] = logs;
    expect(allowed.filter((line) => !line.startsWith('kms:')).sort()).toEqual(
      [
        `logs:CreateLogStream ${ownLog}`,
        `logs:PutLogEvents ${ownLog}`,
        `sqs:SendMessage ${arnOf('EventQueue')}`,
        `s3:PutObject ${arnOf('OverflowBucket')}/*`,
        `secretsmanager:GetSecretValue ${arnOf(credentials)}`,
        `secretsmanager:GetSecretValue ${arnOf('Keyring')}`,
        `logs:StartQuery ${receiverLog}`,
        `logs:StartQuery ${ownLog}`,
        'logs:GetQueryResults *',
      ].sort(),
    );
    const ofKey = allowed.filter((line) => line.startsWith('kms:'));
    const key = arnOf('Key');
    expect(ofKey).toEqual(
      'customerManagedKey' in context
        ? [`kms:Decrypt ${key}`, `kms:GenerateDataKey ${key}`, `kms:GenerateDataKey ${key}`, `kms:Decrypt ${key}`]
        : [],
    );
  });

  test('nobody but the functions that call the API may read the credentials', () => {
    const callers = idsOf(json, 'AWS::IAM::Role').filter((id) => /^(Rotation|Reconciliation)/.test(id));
    const readers = idsOf(json, 'AWS::IAM::Role').filter((id) =>
      isAllowed(
        statementsOf(json, id).filter(({ Condition }) => Condition === undefined),
        { action: 'secretsmanager:GetSecretValue', resource: arnOf(credentials) },
      ),
    );
    expect(readers.sort()).toEqual(callers.sort());
    const policy = json.Resources[idOf(json, 'AWS::SecretsManager::ResourcePolicy', /./)]?.Properties;
    const { Statement } = (resolve(policy) as { ResourcePolicy: { Statement: Record<string, unknown>[] } })
      .ResourcePolicy;
    const principals = [...callers].sort().reverse().map(arnOf);
    expect(Statement).toEqual([
      {
        Effect: 'Deny',
        Principal: { AWS: '*' },
        Action: 'secretsmanager:GetSecretValue',
        Resource: '*',
        Condition: { ArnNotEquals: { 'aws:PrincipalArn': principals.length === 1 ? principals[0] : principals } },
      },
    ]);
  });

  test('cdk-nag finds nothing', () => {
    expect(new AwsSolutionsChecks().validateScope(app).violations).toEqual([]);
  });
});

// The secret keeps the credentials that a person put in, in whatever order the two are switched on or off.
test.each([{ rotationDays: '30' }, { reconcileMinutes: '5' }, { rotationDays: '30', reconcileMinutes: '5' }])(
  'with %j the credentials are the resource that they always were',
  (context) => {
    const { json } = stackOf(context);
    expect(idsOf(json, 'AWS::SecretsManager::Secret')).toEqual(
      expect.arrayContaining(['Keyring', 'RotationApiCredentials44313B9B']),
    );
    expect(idsOf(json, 'AWS::SecretsManager::Secret')).toHaveLength(2);
    expect(idsOf(json, 'AWS::SecretsManager::ResourcePolicy')).toEqual(['RotationApiCredentialsPolicy5B51366B']);
    expect(json.Resources.RotationApiCredentials44313B9B).toMatchObject({
      DeletionPolicy: 'RetainExceptOnCreate',
      UpdateReplacePolicy: 'Retain',
    });
  },
);

describe('as constructs', () => {
  test('each makes the credentials that it is not given', () => {
    const stack = new Stack(createApp(), 'Shop');
    const receiver = new WebhookReceiver(stack, 'Receiver');
    const common = { baseUrl: 'eu' };
    const { apiCredentials } = new KeyRotation(stack, 'Rotation', {
      ...common,
      keyring: receiver.keyring,
      everyDays: 30,
    });
    new Reconciliation(stack, 'Shared', { ...common, receiver, every: Duration.hours(1), apiCredentials });
    new Reconciliation(stack, 'Own', { ...common, receiver, every: Duration.days(1) });
    const { json, template } = templateOf(stack);
    expect(idsOf(json, 'AWS::SecretsManager::Secret')).toHaveLength(3);
    expect(idsOf(json, 'AWS::SecretsManager::Secret')).toContain('RotationApiCredentials44313B9B');
    template.hasResourceProperties('AWS::Events::Rule', { ScheduleExpression: 'rate(1 day)' });
  });

  test('the shorter of the two logs says how far back it is known what arrived', () => {
    const stack = new Stack(createApp(), 'Shop');
    const { TWO_WEEKS, INFINITE } = RetentionDays;
    const daysOf = (id: string, receiverDays: RetentionDays, ownDays: RetentionDays) => {
      const receiver = new WebhookReceiver(stack, `Receiver${id}`, { logRetention: receiverDays });
      new Reconciliation(stack, id, { receiver, every: Duration.hours(1), baseUrl: 'eu', logRetention: ownDays });
    };
    daysOf('A', TWO_WEEKS, INFINITE);
    daysOf('B', INFINITE, INFINITE);
    const { json } = templateOf(stack);
    const days = idsOf(json, 'AWS::Lambda::Function').flatMap((id) => {
      const { Environment } = (json.Resources[id]?.Properties ?? {}) as {
        Environment?: { Variables: Partial<Record<string, string>> };
      };
      return Environment?.Variables.RECONCILE_LOG_DAYS ?? [];
    });
    expect(days).toEqual(['14', 'Infinity']);
  });

  test.each([Duration.minutes(4), Duration.hours(25)])('refuses %s between two runs', (every) => {
    const stack = new Stack(createApp(), 'Shop');
    const receiver = new WebhookReceiver(stack, 'Receiver');
    expect(() => new Reconciliation(stack, 'R', { receiver, every, baseUrl: 'eu' })).toThrow('give 5 minutes to a day');
  });
});
