import { describe, expect, test } from '@jest/globals';
import { AwsSolutionsChecks } from 'cdk-nag';
import { arnOf, isAllowed, resolve, statementsOf } from './policies.ts';
import { idOf, idsOf, samples, stackOf } from './support.ts';

const settings = [
  { rotationDays: '30', messagemediaBaseUrl: 'au' },
  {
    rotationDays: '30',
    messagemediaBaseUrl: 'au',
    customerManagedKey: 'true',
    frontDoor: 'rest',
    ...samples.alarmTopic,
  },
];

test('is off by default', () => {
  const { json } = stackOf({});
  expect(idsOf(json, 'AWS::SecretsManager::RotationSchedule')).toEqual([]);
  expect(idsOf(json, 'AWS::SecretsManager::Secret')).toEqual(['Keyring']);
});

describe.each(settings)('with %j', (context) => {
  const { app, template, json } = stackOf(context);
  const credentials = idOf(json, 'AWS::SecretsManager::Secret', /^Rotation/);
  const role = idOf(json, 'AWS::IAM::Role', /^RotationRotate/);
  const rotate = idOf(json, 'AWS::Lambda::Function', /^RotationRotate/);

  test('runs on its schedule, but not before the credentials are there', () => {
    template.hasResourceProperties('AWS::SecretsManager::RotationSchedule', {
      SecretId: { Ref: 'Keyring' },
      RotationRules: { AutomaticallyAfterDays: 30 },
      RotateImmediatelyOnUpdate: false,
    });
    expect(json.Resources[rotate]?.Properties).toMatchObject({
      Timeout: 900,
      Environment: { Variables: { MESSAGEMEDIA_BASE_URL: 'au', SIGNATURE_DIGEST: 'SHA256' } },
    });
    template.hasOutput('ApiCredentialsSecretArn', {});
    template.hasOutput('RotationLogGroup', {});
  });

  test('may be started by Secrets Manager of this account alone', () => {
    const permission = json.Resources[idOf(json, 'AWS::Lambda::Permission', /^RotationRotateFunctionInvoke/)];
    expect(resolve(permission?.Properties)).toMatchObject({
      Principal: 'secretsmanager.amazonaws.com',
      SourceAccount: '123456789012',
    });
  });

  test('has credentials of its own that nobody else may read', () => {
    const readers = idsOf(json, 'AWS::IAM::Role').filter((id) =>
      isAllowed(
        statementsOf(json, id).filter(({ Condition }) => Condition === undefined),
        { action: 'secretsmanager:GetSecretValue', resource: arnOf(credentials) },
      ),
    );
    expect(readers).toEqual([role]);
    template.hasResourceProperties('AWS::SecretsManager::ResourcePolicy', {
      SecretId: { Ref: credentials },
      ResourcePolicy: {
        Statement: [
          {
            Effect: 'Deny',
            Principal: { AWS: '*' },
            Action: 'secretsmanager:GetSecretValue',
            Condition: { ArnNotEquals: { 'aws:PrincipalArn': { 'Fn::GetAtt': [role, 'Arn'] } } },
          },
        ],
      },
    });
    expect(json.Resources[credentials]).toMatchObject({
      DeletionPolicy: 'RetainExceptOnCreate',
      UpdateReplacePolicy: 'Retain',
    });
  });

  test('may change the keyring, read its credentials and write its log, and nothing else', () => {
    const allowed = statementsOf(json, role).flatMap(({ Action, Resource }) =>
      [Action].flat().map((action) => [action, Resource] as const),
    );
    const log = arnOf(idOf(json, 'AWS::Logs::LogGroup', /^Rotation/));
    expect(allowed.filter(([action]) => !action.startsWith('kms:'))).toEqual([
      ['logs:CreateLogStream', log],
      ['logs:PutLogEvents', log],
      ['secretsmanager:DescribeSecret', arnOf('Keyring')],
      ['secretsmanager:GetSecretValue', arnOf('Keyring')],
      ['secretsmanager:PutSecretValue', arnOf('Keyring')],
      ['secretsmanager:UpdateSecretVersionStage', arnOf('Keyring')],
      ['secretsmanager:GetSecretValue', arnOf(credentials)],
    ]);
    const ofKey = allowed.filter(([action]) => action.startsWith('kms:'));
    expect(ofKey.every(([, resource]) => resource === arnOf('Key'))).toBe(true);
    expect(ofKey.length > 0).toBe('customerManagedKey' in context);
  });

  test('cdk-nag finds nothing', () => {
    expect(new AwsSolutionsChecks().validateScope(app).violations).toEqual([]);
  });
});
