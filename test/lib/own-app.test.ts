import { expect, test } from '@jest/globals';
import { Duration, Stack } from 'aws-cdk-lib';
import { Annotations, Match } from 'aws-cdk-lib/assertions';
import { DomainName } from 'aws-cdk-lib/aws-apigatewayv2';
import { Certificate } from 'aws-cdk-lib/aws-certificatemanager';
import { SecurityGroup, SubnetType, Vpc } from 'aws-cdk-lib/aws-ec2';
import { ArnPrincipal, ManagedPolicy, PermissionsBoundary, Role, ServicePrincipal, User } from 'aws-cdk-lib/aws-iam';
import { AwsSolutionsChecks } from 'cdk-nag';
import { ApiCredentials, KeyRotation, WebhookReceiver, type WebhookReceiverProps } from '../../lib/index.ts';
import { readSettings } from '../../lib/settings/read-settings.ts';
import { WebhookStack } from '../../lib/webhook-stack.ts';
import { arnOf, isAllowed, statementsOf } from './policies.ts';
import { createApp, idOf, idsOf, samples, templateOf } from './support.ts';

const createStack = () => new Stack(createApp(), 'Shop');

test('a function in a VPC has its subnets and security groups, and what Lambda needs there', () => {
  const stack = createStack();
  const vpc = new Vpc(stack, 'Vpc', { natGateways: 0 });
  const securityGroup = new SecurityGroup(stack, 'Group', { vpc });
  const vpcSubnets = { subnetType: SubnetType.PRIVATE_ISOLATED };
  const receiver = new WebhookReceiver(stack, 'Receiver', { vpc, vpcSubnets, securityGroups: [securityGroup] });
  const { template, json } = templateOf(stack);
  template.hasResourceProperties('AWS::Lambda::Function', {
    VpcConfig: {
      SubnetIds: vpc.isolatedSubnets.map(({ subnetId }) => stack.resolve(subnetId)),
      SecurityGroupIds: [stack.resolve(securityGroup.securityGroupId)],
    },
  });
  const statements = statementsOf(json, idOf(json, 'AWS::IAM::Role', /^Receiver/));
  expect(isAllowed(statements, { action: 'ec2:CreateNetworkInterface', resource: '*' })).toBe(true);
  expect(new AwsSolutionsChecks().validateScope(receiver).violations).toEqual([]);
});

const certificateOf = (stack: Stack) =>
  Certificate.fromCertificateArn(stack, 'Certificate', samples.domain.certificateArn);
const domainNameOf = (stack: Stack) =>
  DomainName.fromDomainNameAttributes(stack, 'Domain', {
    name: 'api.example.com',
    regionalDomainName: 'd-1.execute-api.us-east-1.amazonaws.com',
    regionalHostedZoneId: 'Z1',
  });

test.each<[string, WebhookReceiverProps]>([
  ['AWS::ApiGatewayV2::Api', {}],
  ['AWS::ApiGateway::RestApi', { rest: {} }],
])('%s has a URL of its own unless that is turned off', (type, props) => {
  const apiWith = (disableExecuteApiEndpoint?: boolean) => {
    const stack = createStack();
    const domain = { domainName: 'hooks.example.com', certificate: certificateOf(stack) };
    new WebhookReceiver(stack, 'Receiver', { ...props, domain, disableExecuteApiEndpoint });
    return templateOf(stack).template;
  };
  apiWith().hasResourceProperties(type, { DisableExecuteApiEndpoint: Match.absent() });
  apiWith(true).hasResourceProperties(type, { DisableExecuteApiEndpoint: true });
});

test.each([
  [undefined, 'https://api.example.com/messagemedia', Match.absent()],
  ['hooks/v1', 'https://api.example.com/hooks/v1/messagemedia', 'hooks/v1'],
])('a domain that others use too leads to the receiver with the mapping key %s', (mappingKey, url, expected) => {
  const stack = createStack();
  const receiver = new WebhookReceiver(stack, 'Receiver', {
    domainMapping: { domainName: domainNameOf(stack), mappingKey },
  });
  expect(receiver.callbackUrl).toBe(url);
  const { template } = templateOf(stack);
  template.hasResourceProperties('AWS::ApiGatewayV2::ApiMapping', {
    DomainName: 'api.example.com',
    ApiMappingKey: expected,
  });
  template.hasResourceProperties('AWS::Lambda::Function', { Environment: { Variables: { MAPPING_KEY: expected } } });
  template.resourceCountIs('AWS::ApiGatewayV2::DomainName', 0);
});

test.each<[(stack: Stack) => WebhookReceiverProps, string]>([
  [
    (stack) => ({ domainMapping: { domainName: domainNameOf(stack), mappingKey: 'hooks/' } }),
    'Mapping key "hooks/" would not stay as it is',
  ],
  [() => ({ disableExecuteApiEndpoint: true }), 'Shop/Receiver has no URL without that of API Gateway'],
  [
    (stack) => ({
      domain: { domainName: 'hooks.example.com', certificate: certificateOf(stack) },
      domainMapping: { domainName: domainNameOf(stack) },
    }),
    'Shop/Receiver has a domain and a domainMapping',
  ],
])('a receiver that nobody could reach, or in two ways, is refused: %#', (propsOf, message) => {
  const stack = createStack();
  expect(() => new WebhookReceiver(stack, 'Receiver', propsOf(stack))).toThrow(message);
});

test('a limit that is not given keeps its default', () => {
  const stack = createStack();
  new WebhookReceiver(stack, 'Receiver', { throttle: { rateLimit: 5 } });
  templateOf(stack).template.hasResourceProperties('AWS::ApiGatewayV2::Stage', {
    DefaultRouteSettings: { ThrottlingRateLimit: 5, ThrottlingBurstLimit: 400 },
  });
});

test('what API Gateway would refuse is refused, or warned of where AWS may have raised the quota', () => {
  const allowedIps = Array.from({ length: 500 }, () => '203.0.113.255/32');
  expect(() => new WebhookReceiver(createStack(), 'Receiver', { rest: { allowedIps } })).toThrow(
    /^allowedIps of Shop\/Receiver\/Rest: 500 addresses make a policy of/,
  );
  const warningsWith = (throttle: WebhookReceiverProps['throttle']) => {
    const stack = createStack();
    new WebhookReceiver(stack, 'Receiver', { throttle });
    return Annotations.fromStack(stack).findWarning('/Shop/Receiver', Match.stringLikeRegexp('10000 and 5000'));
  };
  expect(warningsWith({ rateLimit: 10_000, burstLimit: 5_000 })).toHaveLength(0);
  expect(warningsWith({ rateLimit: 10_001 })).toHaveLength(1);
  expect(warningsWith({ burstLimit: 5_001 })).toHaveLength(1);
});

test.each([Duration.hours(36), Duration.days(0), Duration.days(1001)])('%s between rotations is refused', (every) => {
  const stack = createStack();
  const { keyring } = new WebhookReceiver(stack, 'Receiver');
  expect(() => new KeyRotation(stack, 'Rotation', { keyring, every, baseUrl: 'eu' })).toThrow(
    `Rotation every ${every.toHumanString()}: give whole days, 1 to 1000`,
  );
});

test('who is granted the API credentials is not denied them', () => {
  const stack = createStack();
  const credentials = new ApiCredentials(stack, 'Credentials');
  const caller = new Role(stack, 'Caller', { assumedBy: new ServicePrincipal('lambda.amazonaws.com') });
  const person = new User(stack, 'Person', { userName: 'person' });
  for (const grantee of [caller, person, new ArnPrincipal('arn:aws:iam::123456789012:role/other')])
    credentials.grantRead(grantee);
  expect(() => credentials.grantRead(new ServicePrincipal('lambda.amazonaws.com'))).toThrow('Nobody but a role');
  const { template, json } = templateOf(stack);
  const readers = [caller.roleArn, person.userArn, 'arn:aws:iam::123456789012:role/other'];
  const Condition = { ArnNotEquals: { 'aws:PrincipalArn': stack.resolve(readers) } };
  template.hasResourceProperties('AWS::SecretsManager::ResourcePolicy', {
    ResourcePolicy: { Statement: Match.arrayWith([Match.objectLike({ Effect: 'Deny', Condition })]) },
  });
  const secret = arnOf(idOf(json, 'AWS::SecretsManager::Secret', /./));
  const action = 'secretsmanager:GetSecretValue';
  const statements = statementsOf(json, idOf(json, 'AWS::IAM::Role', /^Caller/));
  expect(isAllowed(statements, { action, resource: secret })).toBe(true);
});

test('a permissions boundary holds for every role', () => {
  const app = createApp({ frontDoor: 'rest', rotationDays: 30, reconcileMinutes: 60, archiveDays: 30 });
  const stack = new WebhookStack(app, 'Test', { settings: readSettings(app.node) });
  PermissionsBoundary.of(app).apply(ManagedPolicy.fromAwsManagedPolicyName('PowerUserAccess'));
  const { template, json } = templateOf(stack);
  expect(idsOf(json, 'AWS::IAM::Role').length).toBeGreaterThan(5);
  template.allResourcesProperties('AWS::IAM::Role', { PermissionsBoundary: Match.anyValue() });
});
