import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { App } from 'aws-cdk-lib';
import { Match, Template } from 'aws-cdk-lib/assertions';
import { readSettings } from '../../lib/config.ts';
import { WebhookStack } from '../../lib/webhook-stack.ts';

const outdir = mkdtempSync(join(tmpdir(), 'webhooks-'));
afterAll(() => rmSync(outdir, { recursive: true }));

function synthesize(context: Record<string, string> = {}): Template {
  // Bundling is another test's; here it would only cost time.
  const app = new App({ outdir, context: { 'aws:cdk:bundling-stacks': [], ...context } });
  return Template.fromStack(new WebhookStack(app, 'Test', { settings: readSettings(app.node) }));
}

interface Statement {
  Effect: string;
  Action: string | string[];
  Resource: unknown;
}

/** Everything the function's role may do, one action a row. */
function permissions(template: Template): { action: string; resource: string }[] {
  const policies = Object.values(template.findResources('AWS::IAM::Policy'));
  const statements: Statement[] = policies.flatMap(({ Properties }) => Properties.PolicyDocument.Statement);
  return statements.flatMap(({ Action, Resource }) =>
    [Action]
      .flat()
      .flatMap((action) => [Resource].flat().map((resource) => ({ action, resource: JSON.stringify(resource) }))),
  );
}

describe('the stack', () => {
  let template: Template;
  beforeAll(() => {
    template = synthesize();
  });

  test.each(['CallbackUrl', 'QueueUrl', 'DeadLetterQueueUrl', 'KeyringSecretArn'])('has the output %s', (name) => {
    template.hasOutput(name, {});
  });

  test('gives out the callback URL without a stage in its path', () => {
    const { Value } = Object.values(template.findOutputs('CallbackUrl'))[0] ?? {};
    expect(JSON.stringify(Value)).toMatch(/"\.execute-api\.".*"\/messagemedia"\]\]\}$/);
    template.hasResourceProperties('AWS::ApiGatewayV2::Stage', { StageName: '$default', AutoDeploy: true });
  });

  test('takes every method on the callback path and nothing else', () => {
    const routes = Object.values(template.findResources('AWS::ApiGatewayV2::Route'));
    expect(routes.map(({ Properties }) => Properties.RouteKey)).toEqual(['ANY /messagemedia']);
    template.hasResourceProperties('AWS::ApiGatewayV2::Integration', { PayloadFormatVersion: '2.0' });
  });

  test('is throttled', () => {
    template.hasResourceProperties('AWS::ApiGatewayV2::Stage', {
      DefaultRouteSettings: { ThrottlingRateLimit: Match.anyValue(), ThrottlingBurstLimit: Match.anyValue() },
    });
  });

  test('queues in high-throughput FIFO order, encrypted, with dead letters, for 14 days', () => {
    const common = {
      FifoQueue: true,
      DeduplicationScope: 'messageGroup',
      FifoThroughputLimit: 'perMessageGroupId',
      SqsManagedSseEnabled: true,
      MessageRetentionPeriod: 14 * 24 * 60 * 60,
    };
    template.resourcePropertiesCountIs('AWS::SQS::Queue', common, 2);
    const deadLetters = Object.keys(
      template.findResources('AWS::SQS::Queue', { Properties: { RedrivePolicy: Match.absent() } }),
    );
    expect(deadLetters).toHaveLength(1);
    template.hasResourceProperties('AWS::SQS::Queue', {
      ...common,
      MaximumMessageSize: 1_048_576,
      RedrivePolicy: { deadLetterTargetArn: { 'Fn::GetAtt': [deadLetters[0], 'Arn'] }, maxReceiveCount: 5 },
    });
  });

  test('takes messages over TLS alone', () => {
    template.resourcePropertiesCountIs(
      'AWS::SQS::QueuePolicy',
      {
        PolicyDocument: {
          Statement: [
            {
              Effect: 'Deny',
              Action: 'sqs:*',
              Principal: { AWS: '*' },
              Condition: { Bool: { 'aws:SecureTransport': 'false' } },
            },
          ],
        },
      },
      2,
    );
  });

  test('starts with an empty keyring, which refuses everything', () => {
    template.hasResourceProperties('AWS::SecretsManager::Secret', { SecretString: '{"keys":[]}' });
  });

  test('keeps queues and keyring when it is destroyed', () => {
    template.allResources('AWS::SQS::Queue', { DeletionPolicy: 'Retain', UpdateReplacePolicy: 'Retain' });
    template.allResources('AWS::SecretsManager::Secret', { DeletionPolicy: 'Retain', UpdateReplacePolicy: 'Retain' });
  });

  test('keeps logs for a month', () => {
    template.hasResourceProperties('AWS::Logs::LogGroup', { RetentionInDays: 30 });
  });

  test('runs on nodejs24.x and arm64, and gives up before the sender does', () => {
    template.hasResourceProperties('AWS::Lambda::Function', {
      Runtime: 'nodejs24.x',
      Architectures: ['arm64'],
      Timeout: 15,
      Environment: { Variables: { TIMESTAMP_TOLERANCE_SECONDS: '900' } },
    });
  });
});

describe('the function', () => {
  test('may send to the queue, read the keyring and write its log, and nothing else', () => {
    const template = synthesize();
    const [queue] = Object.keys(
      template.findResources('AWS::SQS::Queue', { Properties: { MaximumMessageSize: 1_048_576 } }),
    );
    const [keyring] = Object.keys(template.findResources('AWS::SecretsManager::Secret'));
    const [log] = Object.keys(template.findResources('AWS::Logs::LogGroup'));
    const arn = (id: string | undefined) => JSON.stringify({ 'Fn::GetAtt': [id, 'Arn'] });
    expect(permissions(template)).toEqual([
      { action: 'logs:CreateLogStream', resource: arn(log) },
      { action: 'logs:PutLogEvents', resource: arn(log) },
      { action: 'sqs:SendMessage', resource: arn(queue) },
      { action: 'secretsmanager:GetSecretValue', resource: JSON.stringify({ Ref: keyring }) },
    ]);
    const roles = Object.values(template.findResources('AWS::IAM::Role'));
    expect(roles).toHaveLength(1);
    expect(roles[0]?.Properties.ManagedPolicyArns).toBeUndefined();
  });

  test('may neither read the queue nor another secret, on no setting', () => {
    for (const ordering of ['fifo', 'standard']) {
      for (const { action, resource } of permissions(synthesize({ ordering }))) {
        expect(action).not.toMatch(/\*|Receive|Delete|Purge|Put(?!LogEvents)|Update|List/);
        expect(resource).not.toBe('"*"');
      }
    }
  });
});

describe('settings', () => {
  test('ordering=standard makes standard queues', () => {
    const template = synthesize({ ordering: 'standard' });
    template.resourceCountIs('AWS::SQS::Queue', 2);
    template.allResourcesProperties('AWS::SQS::Queue', {
      FifoQueue: Match.absent(),
      DeduplicationScope: Match.absent(),
    });
  });

  test('callbackPath is the route and the end of the URL', () => {
    const template = synthesize({ callbackPath: '/a/b-c' });
    template.hasResourceProperties('AWS::ApiGatewayV2::Route', { RouteKey: 'ANY /a/b-c' });
    expect(JSON.stringify(template.findOutputs('CallbackUrl'))).toContain('"/a/b-c"');
  });

  test('timestampToleranceSeconds reaches the function', () => {
    synthesize({ timestampToleranceSeconds: '0' }).hasResourceProperties('AWS::Lambda::Function', {
      Environment: { Variables: { TIMESTAMP_TOLERANCE_SECONDS: '0' } },
    });
  });

  test.each([
    ['ordering', 'random', 'fifo or standard'],
    ['callbackPath', 'messagemedia', 'a path such as'],
    ['callbackPath', '/', 'a path such as'],
    ['callbackPath', '/caf%C3%A9', 'a path such as'],
    ['callbackPath', '/a b', 'a path such as'],
    ['callbackPath', '/{proxy+}', 'a path such as'],
    ['timestampToleranceSeconds', '-1', 'a whole number'],
    ['timestampToleranceSeconds', '15 minutes', 'a whole number'],
    ['timestampToleranceSeconds', '86401', 'a whole number'],
  ])('%s=%s stops the synthesis and says what is allowed', (name, value, allowed) => {
    expect(() => synthesize({ [name]: value })).toThrow(`Setting ${name} is "${value}": it must be ${allowed}`);
  });
});

describe('rotation', () => {
  const template = synthesize({ rotationDays: '30', messagemediaBaseUrl: 'au' });
  const [rotate] = Object.values(template.findResources('AWS::Lambda::Function', { Properties: { Timeout: 900 } }));

  test('is off by default', () => {
    synthesize().resourceCountIs('AWS::SecretsManager::RotationSchedule', 0);
    synthesize().resourceCountIs('AWS::SecretsManager::Secret', 1);
  });

  test('runs on its schedule, but not before the credentials are there', () => {
    template.hasResourceProperties('AWS::SecretsManager::RotationSchedule', {
      RotationRules: { AutomaticallyAfterDays: 30 },
      RotateImmediatelyOnUpdate: false,
    });
    expect(rotate?.Properties.Environment.Variables).toMatchObject({
      MESSAGEMEDIA_BASE_URL: 'au',
      SIGNATURE_DIGEST: 'SHA256',
    });
    template.hasOutput('ApiCredentialsSecretArn', {});
  });

  test('may be started by Secrets Manager of this account alone', () => {
    template.hasResourceProperties('AWS::Lambda::Permission', {
      Principal: 'secretsmanager.amazonaws.com',
      SourceAccount: { Ref: 'AWS::AccountId' },
    });
  });

  const secretId = (description: RegExp) =>
    Object.entries(template.findResources('AWS::SecretsManager::Secret')).find(([, { Properties }]) =>
      description.test(Properties.Description),
    )?.[0];

  test('has credentials of its own that nobody else may read', () => {
    const credentials = secretId(/^Credentials/);
    const readers = Object.values(template.findResources('AWS::IAM::Policy')).filter(({ Properties }) =>
      JSON.stringify(Properties.PolicyDocument).includes(String(credentials)),
    );
    expect(readers.map(({ Properties }) => JSON.stringify(Properties.Roles))).toEqual([
      expect.stringContaining('RotationRotateRole'),
    ]);
    template.hasResourceProperties('AWS::SecretsManager::ResourcePolicy', {
      SecretId: { Ref: credentials },
      ResourcePolicy: {
        Statement: [
          {
            Effect: 'Deny',
            Principal: { AWS: '*' },
            Action: 'secretsmanager:GetSecretValue',
            Condition: { ArnNotEquals: { 'aws:PrincipalArn': rotate?.Properties.Role } },
          },
        ],
      },
    });
  });

  test('may change the keyring and read its credentials, and nothing else', () => {
    const [keyring, credentials] = [/^Public keys/, /^Credentials/].map((description) =>
      JSON.stringify({ Ref: secretId(description) }),
    );
    const [, rotationPolicy] = Object.values(template.findResources('AWS::IAM::Policy'));
    const statements: Statement[] = rotationPolicy?.Properties.PolicyDocument.Statement;
    const allowed = statements.flatMap(({ Action, Resource }) =>
      [Action].flat().map((action) => [action, JSON.stringify(Resource)]),
    );
    expect(allowed.filter(([action]) => action?.startsWith('secretsmanager:'))).toEqual([
      ['secretsmanager:DescribeSecret', keyring],
      ['secretsmanager:GetSecretValue', keyring],
      ['secretsmanager:PutSecretValue', keyring],
      ['secretsmanager:UpdateSecretVersionStage', keyring],
      ['secretsmanager:GetSecretValue', credentials],
    ]);
    expect(
      allowed.every(([action]) => /^(logs:(CreateLogStream|PutLogEvents)|secretsmanager:\w+)$/.test(String(action))),
    ).toBe(true);
  });

  test.each([
    ['rotationDays', '1001', 'a whole number'],
    ['messagemediaBaseUrl', 'us', 'messagemedia, eu, au'],
    ['messagemediaBaseUrl', 'http://api.messagemedia.com', 'messagemedia, eu, au'],
  ])('%s=%s stops the synthesis and says what is allowed', (name, value, allowed) => {
    expect(() => synthesize({ [name]: value })).toThrow(`Setting ${name} is "${value}": it must be ${allowed}`);
  });
});
