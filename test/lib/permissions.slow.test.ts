import { readFileSync } from 'node:fs';
import { describe, expect, test } from '@jest/globals';
import { allowed, arnOf, resolve } from './policies.ts';
import { combinations } from './settings/combinations.ts';
import { idOf, idsOf, stackOf } from './support.ts';

describe.each(combinations)('with $name', ({ choices, context }) => {
  const has = (name: string) => choices.some((choice) => choice.name === name);

  test('the function may do what it calls, and nothing else', () => {
    const { json } = stackOf(context);
    const log = arnOf(idOf(json, 'AWS::Logs::LogGroup', /FunctionLog/));
    const ofKey = [
      'Decrypt KEY via secretsmanager',
      'Decrypt KEY via sqs',
      'GenerateDataKey KEY via s3',
      'GenerateDataKey KEY via sqs',
    ];
    expect(allowed(json, idOf(json, 'AWS::IAM::Role', /^ReceiverFunction/))).toEqual(
      [
        `sqs:SendMessage ${arnOf('EventQueue')}`,
        `secretsmanager:GetSecretValue ${arnOf('Keyring')}`,
        `s3:PutObject ${arnOf('OverflowBucket')}/*`,
        `logs:CreateLogStream ${log}`,
        `logs:PutLogEvents ${log}`,
        ...(has('key') ? ofKey.map((line) => `kms:${line.replace('KEY', arnOf('Key'))}`) : []),
        ...(has('others') ? [] : ['xray:PutTelemetryRecords *', 'xray:PutTraceSegments *']),
      ].sort(),
    );
  });

  test('nobody else may do anything', () => {
    const { json } = stackOf(context);
    const roles = idsOf(json, 'AWS::IAM::Role').map((id) => resolve(json.Resources[id]?.Properties));
    expect(roles).toEqual([
      { AssumeRolePolicyDocument: trust('lambda.amazonaws.com') },
      ...(has('rest')
        ? [{ AssumeRolePolicyDocument: trust('apigateway.amazonaws.com'), ManagedPolicyArns: [pushToLogs] }]
        : []),
    ]);
    const permissions = idsOf(json, 'AWS::Lambda::Permission').map((id) => resolve(json.Resources[id]?.Properties));
    expect(permissions).toEqual([
      {
        Action: 'lambda:InvokeFunction',
        FunctionName: arnOf(idOf(json, 'AWS::Lambda::Function', /^Receiver/)),
        Principal: 'apigateway.amazonaws.com',
        SourceArn: expect.stringMatching(
          /^arn:aws:execute-api:us-east-1:123456789012:arn:Receiver\w+\/[^/]+\/\*\/messagemedia$/,
        ),
      },
    ]);
  });
});

test('what the function calls is what it is asked for here', () => {
  const sources = ['handler', 'event/queue-sender', 'event/overflow-store'].map((name) =>
    readFileSync(new URL(`../../lambda/${name}.ts`, import.meta.url), 'utf8'),
  );
  const calls = [...sources.join('\n').matchAll(/import \{ (\w+)Command, .* from '@aws-sdk\/client-([\w-]+)'/g)];
  expect(calls.map(([, action, client]) => `${client?.replaceAll('-', '')}:${action}`).sort()).toEqual([
    's3:PutObject',
    'secretsmanager:GetSecretValue',
    'sqs:SendMessage',
  ]);
});

const pushToLogs = 'arn:aws:iam::aws:policy/service-role/AmazonAPIGatewayPushToCloudWatchLogs';

function trust(service: string) {
  const statement = { Action: 'sts:AssumeRole', Effect: 'Allow', Principal: { Service: service } };
  return { Statement: [statement], Version: '2012-10-17' };
}
