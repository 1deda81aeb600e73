import { readFileSync } from 'node:fs';
import { isDeepStrictEqual } from 'node:util';
import { describe, expect, test } from '@jest/globals';
import { arnOf, isAllowed, type Request, resolve, statementsOf } from './policies.ts';
import { combinations } from './settings/combinations.ts';
import { idOf, idsOf, stackOf, type TemplateJson } from './support.ts';

describe.each(combinations)('with $name', ({ choices, context }) => {
  const has = (name: string) => choices.some((choice) => choice.name === name);

  test('the function may do what it calls, and nothing else', () => {
    const { json } = stackOf(context);
    const statements = statementsOf(json, idOf(json, 'AWS::IAM::Role', /^ReceiverFunction/));
    const allowed = requestsOfFunction(json, { key: has('key'), tracing: !has('others') });
    const isAmong = (request: Request) => allowed.some((known) => isDeepStrictEqual(known, request));
    expect(allowed.filter((request) => !isAllowed(statements, request))).toEqual([]);
    expect(everyRequest(json).filter((request) => isAllowed(statements, request) && !isAmong(request))).toEqual([]);
    const anywhere = statements.filter(({ Resource }) => [Resource].flat().includes('*'));
    expect(anywhere.flatMap(({ Action }) => Action)).toEqual(
      has('others') ? [] : ['xray:PutTelemetryRecords', 'xray:PutTraceSegments'],
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

/** All calls of the function, in the form of IAM. */
function requestsOfFunction(json: TemplateJson, { key, tracing }: { key: boolean; tracing: boolean }): Request[] {
  const log = arnOf(idOf(json, 'AWS::Logs::LogGroup', /FunctionLog/));
  const ofKey = (action: string, via: string) => ({
    action,
    resource: arnOf('Key'),
    via: `${via}.us-east-1.amazonaws.com`,
  });
  return [
    { action: 'sqs:SendMessage', resource: arnOf('EventQueue') },
    { action: 'secretsmanager:GetSecretValue', resource: arnOf('Keyring') },
    { action: 's3:PutObject', resource: `${arnOf('OverflowBucket')}/data` },
    { action: 'logs:CreateLogStream', resource: log },
    { action: 'logs:PutLogEvents', resource: log },
    ...(key
      ? [
          ofKey('kms:GenerateDataKey', 'sqs'),
          ofKey('kms:Decrypt', 'sqs'),
          ofKey('kms:Decrypt', 'secretsmanager'),
          ofKey('kms:GenerateDataKey', 's3'),
        ]
      : []),
    ...(tracing
      ? ['xray:PutTraceSegments', 'xray:PutTelemetryRecords'].map((action) => ({ action, resource: '*' }))
      : []),
  ];
}

const actions = {
  sqs: ['SendMessage', 'ReceiveMessage', 'DeleteMessage', 'PurgeQueue', 'GetQueueAttributes', 'SetQueueAttributes'],
  secretsmanager: ['GetSecretValue', 'DescribeSecret', 'PutSecretValue', 'UpdateSecret', 'DeleteSecret', 'ListSecrets'],
  logs: ['CreateLogStream', 'PutLogEvents', 'CreateLogGroup', 'GetLogEvents', 'DeleteLogGroup', 'PutRetentionPolicy'],
  kms: ['Decrypt', 'GenerateDataKey', 'Encrypt', 'CreateGrant', 'PutKeyPolicy', 'ScheduleKeyDeletion'],
  lambda: ['InvokeFunction', 'UpdateFunctionCode'],
  iam: ['PassRole', 'PutRolePolicy'],
  s3: ['GetObject', 'PutObject', 'DeleteObject', 'ListBucket', 'PutBucketPolicy'],
};

/** Each of these actions on each resource of the template, and on one outside the template. */
function everyRequest({ Resources }: TemplateJson): Request[] {
  const resources = [...Object.keys(Resources), 'Other', 'OverflowBucket/data', 'Other/data'].map(arnOf);
  return Object.entries(actions).flatMap(([service, names]) =>
    names.flatMap((name) => resources.map((resource) => ({ action: `${service}:${name}`, resource }))),
  );
}
