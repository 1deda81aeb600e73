import { describe, expect, test } from '@jest/globals';
import { Duration, Stack } from 'aws-cdk-lib';
import { RetentionDays } from 'aws-cdk-lib/aws-logs';
import { KeyRotation } from '../../lib/key-rotation.ts';
import { Reconciliation } from '../../lib/reconciliation.ts';
import { WebhookReceiver } from '../../lib/webhook-receiver.ts';
import { allowed, arnOf, isAllowed, resolve, statementsOf } from './policies.ts';
import { createApp, idOf, idsOf, samples, stackOf, type TemplateJson, templateOf } from './support.ts';

const rotation = { rotationDays: '30', messagemediaBaseUrl: 'au' };
const reconciliation = { reconcileMinutes: '15', messagemediaBaseUrl: 'au' };
const both = {
  ...rotation,
  ...reconciliation,
  reconcileConfirm: 'true',
  customerManagedKey: 'true',
  frontDoor: 'rest',
  ordering: 'standard',
  ...samples.alarmTopic,
};
const credentialsOf = (json: TemplateJson) => idOf(json, 'AWS::SecretsManager::Secret', /ApiCredentials/);

describe.each([rotation, both])('rotation with %j', (context) => {
  const { template, json } = stackOf(context);

  test('runs on its schedule, but not before the credentials are there', () => {
    template.hasResourceProperties('AWS::SecretsManager::RotationSchedule', {
      SecretId: { Ref: 'Keyring' },
      RotationRules: { AutomaticallyAfterDays: 30 },
      RotateImmediatelyOnUpdate: false,
    });
    expect(json.Resources[idOf(json, 'AWS::Lambda::Function', /^RotationRotate/)]?.Properties).toMatchObject({
      Timeout: 900,
      Environment: { Variables: { MESSAGEMEDIA_BASE_URL: 'au', SIGNATURE_DIGEST: 'SHA256' } },
    });
    for (const name of ['ApiCredentialsSecretArn', 'RotationLogGroup']) template.hasOutput(name, {});
  });

  test('may be started by Secrets Manager of this account alone', () => {
    const permission = json.Resources[idOf(json, 'AWS::Lambda::Permission', /^RotationRotateFunctionInvoke/)];
    expect(resolve(permission?.Properties)).toMatchObject({
      Principal: 'secretsmanager.amazonaws.com',
      SourceAccount: '123456789012',
    });
  });

  test('may change the keyring, read its credentials and write its log, and nothing else', () => {
    const log = arnOf(idOf(json, 'AWS::Logs::LogGroup', /^Rotation/));
    const ofKeyring = ['DescribeSecret', 'GetSecretValue', 'PutSecretValue', 'UpdateSecretVersionStage'];
    const ofKey = ['Decrypt', 'GenerateDataKey'].map((action) => `kms:${action} ${arnOf('Key')} via secretsmanager`);
    expect(allowed(json, idOf(json, 'AWS::IAM::Role', /^RotationRotate/))).toEqual(
      [
        `logs:CreateLogStream ${log}`,
        `logs:PutLogEvents ${log}`,
        ...ofKeyring.map((action) => `secretsmanager:${action} ${arnOf('Keyring')}`),
        `secretsmanager:GetSecretValue ${arnOf(credentialsOf(json))}`,
        ...('customerManagedKey' in context ? ofKey : []),
      ].sort(),
    );
  });
});

describe.each([reconciliation, both])('reconciliation with %j', (context) => {
  const { template, json } = stackOf(context);
  const run = idOf(json, 'AWS::Lambda::Function', /^Reconciliation/);
  const logOf = (shape: RegExp) => arnOf(idOf(json, 'AWS::Logs::LogGroup', shape));
  const [receiverLog, ownLog] = [logOf(/^ReceiverFunctionLog/), logOf(/^ReconciliationLog/)];

  test('runs on its schedule, one run at a time, and leaves a failed one to the next', () => {
    template.hasResourceProperties('AWS::Events::Rule', {
      ScheduleExpression: 'rate(15 minutes)',
      Targets: [{ Arn: { 'Fn::GetAtt': [run, 'Arn'] }, RetryPolicy: { MaximumRetryAttempts: 0 } }],
    });
    template.hasResourceProperties('AWS::Lambda::EventInvokeConfig', { MaximumRetryAttempts: 0 });
    expect(json.Resources[run]?.Properties).not.toHaveProperty('ReservedConcurrentExecutions');
  });

  test('knows queue, bucket, log and API, and counts for the receiver', () => {
    expect(resolve(json.Resources[run]?.Properties)).toMatchObject({
      Timeout: 300,
      Environment: {
        Variables: {
          QUEUE_URL: arnOf('EventQueue'),
          KEYRING_SECRET_ID: arnOf('Keyring'),
          OVERFLOW_BUCKET: arnOf('OverflowBucket'),
          API_CREDENTIALS_SECRET_ID: arnOf(credentialsOf(json)),
          MESSAGEMEDIA_BASE_URL: 'au',
          POWERTOOLS_SERVICE_NAME: 'Test/Receiver',
          RECONCILE_CONFIRM: String('reconcileConfirm' in context),
          RECONCILE_LOG_GROUPS: `${receiverLog},${ownLog}`,
          RECONCILE_LOG_DAYS: '30',
          RECONCILE_STACK: 'Test',
        },
      },
    });
    for (const name of ['FunctionLogGroup', 'ReconciliationLogGroup', 'ApiCredentialsSecretArn'])
      template.hasOutput(name, {});
  });

  test('may queue, store, ask the two logs and read keyring and credentials, and nothing else', () => {
    const key = arnOf('Key');
    expect(allowed(json, idOf(json, 'AWS::IAM::Role', /^Reconciliation/))).toEqual(
      [
        `logs:CreateLogStream ${ownLog}`,
        `logs:PutLogEvents ${ownLog}`,
        `sqs:SendMessage ${arnOf('EventQueue')}`,
        `s3:PutObject ${arnOf('OverflowBucket')}/*`,
        `secretsmanager:GetSecretValue ${arnOf(credentialsOf(json))}`,
        `secretsmanager:GetSecretValue ${arnOf('Keyring')}`,
        `logs:StartQuery ${receiverLog}`,
        `logs:StartQuery ${ownLog}`,
        'logs:GetQueryResults arn:aws:logs:us-east-1:123456789012:log-group:*',
        ...('customerManagedKey' in context
          ? [
              `kms:Decrypt ${key} via secretsmanager`,
              `kms:Decrypt ${key} via sqs`,
              `kms:GenerateDataKey ${key} via s3`,
              `kms:GenerateDataKey ${key} via sqs`,
            ]
          : []),
      ].sort(),
    );
  });
});

describe.each([rotation, reconciliation, both])('the API credentials with %j', (context) => {
  const { json } = stackOf(context);
  const credentials = credentialsOf(json);

  test('can be read by nobody but the functions that call the API', () => {
    const roles = idsOf(json, 'AWS::IAM::Role');
    const callers = roles.filter((id) => /^(Rotation|Reconciliation)/.test(id));
    const readers = roles.filter((id) =>
      isAllowed(
        statementsOf(json, id).filter(({ Condition }) => Condition === undefined),
        { action: 'secretsmanager:GetSecretValue', resource: arnOf(credentials) },
      ),
    );
    expect(readers).toEqual(callers);
    const policy = json.Resources[idOf(json, 'AWS::SecretsManager::ResourcePolicy', /./)]?.Properties;
    const principals = callers.toSorted().reverse().map(arnOf);
    expect(resolve(policy)).toMatchObject({
      SecretId: arnOf(credentials),
      ResourcePolicy: {
        Statement: [
          {
            Effect: 'Deny',
            Principal: { AWS: '*' },
            Action: 'secretsmanager:GetSecretValue',
            Resource: '*',
            Condition: { ArnNotEquals: { 'aws:PrincipalArn': principals.length === 1 ? principals[0] : principals } },
          },
        ],
      },
    });
  });

  // The secret keeps the credentials that a person put in, in whatever order the two are switched on or off.
  test('are the resource that they always were', () => {
    expect(idsOf(json, 'AWS::SecretsManager::Secret').sort()).toEqual(['ApiCredentials', 'Keyring']);
    expect(json.Resources.ApiCredentials).toMatchObject({
      DeletionPolicy: 'RetainExceptOnCreate',
      UpdateReplacePolicy: 'Retain',
    });
  });
});

describe('as constructs', () => {
  test('each makes the credentials that it is not given', () => {
    const stack = new Stack(createApp(), 'Shop');
    const receiver = new WebhookReceiver(stack, 'Receiver');
    const common = { baseUrl: 'eu' };
    const { apiCredentials } = new KeyRotation(stack, 'Rotation', {
      ...common,
      keyring: receiver.keyring,
      every: Duration.days(30),
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
