import { describe, expect, test } from '@jest/globals';
import { Match } from 'aws-cdk-lib/assertions';
import { outputs, prefixOf } from '../../lambda/stack-outputs.ts';
import { resolve } from './policies.ts';
import { idOf, samples, stackOf } from './support.ts';

const { template, json } = stackOf({});

describe('the stack', () => {
  test('has the outputs that programs rely on', () => {
    expect(Object.keys(json.Outputs)).toEqual([
      'CallbackUrl',
      'QueueUrl',
      'QueueArn',
      'DeadLetterQueueUrl',
      'KeyringSecretArn',
      'OverflowBucketName',
      'FunctionLogGroup',
      'AccessLogGroup',
      'DashboardName',
    ]);
    expect(Object.values(outputs)).toEqual(expect.arrayContaining(Object.keys(json.Outputs)));
    expect(prefixOf('Nested/Support-2')).toBe('NestedSupport2');
  });

  test('queues in high-throughput FIFO order, encrypted, with dead letters, for 14 days', () => {
    const common = {
      FifoQueue: true,
      DeduplicationScope: 'messageGroup',
      FifoThroughputLimit: 'perMessageGroupId',
      SqsManagedSseEnabled: true,
      MessageRetentionPeriod: 14 * 24 * 60 * 60,
      MaximumMessageSize: 1_048_576,
    };
    template.resourcePropertiesCountIs('AWS::SQS::Queue', common, 2);
    expect(json.Resources.EventQueue?.Properties.RedrivePolicy).toEqual({
      deadLetterTargetArn: { 'Fn::GetAtt': ['DeadLetterQueue', 'Arn'] },
      maxReceiveCount: 200,
    });
    // A consumer that never changes the visibility of a message outlasts six hours of outage, and gives up within a day.
    const hours = (Number(json.Resources.EventQueue?.Properties.VisibilityTimeout) * 200) / 3600;
    expect(hours).toBeGreaterThan(6);
    expect(hours).toBeLessThan(24);
    expect(json.Resources.DeadLetterQueue?.Properties.RedrivePolicy).toBeUndefined();
  });

  test('takes messages over TLS alone', () => {
    const Statement = [
      {
        Effect: 'Deny',
        Action: 'sqs:*',
        Principal: { AWS: '*' },
        Condition: { Bool: { 'aws:SecureTransport': 'false' } },
      },
    ];
    template.resourcePropertiesCountIs('AWS::SQS::QueuePolicy', { PolicyDocument: { Statement } }, 2);
  });

  test('keeps the data of large events private, encrypted and longer than a message can refer to it', () => {
    template.hasResourceProperties('AWS::S3::Bucket', {
      PublicAccessBlockConfiguration: {
        BlockPublicAcls: true,
        BlockPublicPolicy: true,
        IgnorePublicAcls: true,
        RestrictPublicBuckets: true,
      },
      BucketEncryption: {
        ServerSideEncryptionConfiguration: [{ ServerSideEncryptionByDefault: { SSEAlgorithm: 'AES256' } }],
      },
      LifecycleConfiguration: {
        Rules: [
          { ExpirationInDays: 1, Prefix: 'captures/', Status: 'Enabled' },
          Match.objectLike({ ExpirationInDays: 57, Prefix: Match.absent(), Status: 'Enabled' }),
        ],
      },
    });
    template.hasResourceProperties('AWS::S3::BucketPolicy', {
      PolicyDocument: {
        Statement: Match.arrayWith([
          Match.objectLike({ Effect: 'Deny', Condition: { Bool: { 'aws:SecureTransport': 'false' } } }),
        ]),
      },
    });
  });

  test('starts with an empty keyring, which refuses everything', () => {
    template.hasResourceProperties('AWS::SecretsManager::Secret', { SecretString: '{"keys":[]}' });
  });

  test('runs on nodejs24.x and arm64, traced, and gives up before the sender does', () => {
    template.hasResourceProperties('AWS::Lambda::Function', {
      Runtime: 'nodejs24.x',
      Architectures: ['arm64'],
      Timeout: 18,
      TracingConfig: { Mode: 'Active' },
      ReservedConcurrentExecutions: Match.absent(),
      Environment: {
        Variables: {
          TIMESTAMP_TOLERANCE_SECONDS: '86400',
          POWERTOOLS_SERVICE_NAME: 'Test/Receiver',
          OVERFLOW_BUCKET: { Ref: 'OverflowBucket' },
        },
      },
    });
  });
});

describe('the HTTP API', () => {
  test('takes every method on the callback path and nothing else', () => {
    const routes = Object.values(template.findResources('AWS::ApiGatewayV2::Route'));
    expect(routes.map(({ Properties }) => Properties.RouteKey)).toEqual(['ANY /messagemedia']);
    template.hasResourceProperties('AWS::ApiGatewayV2::Integration', { PayloadFormatVersion: '2.0' });
  });

  test('has no stage in its path, and a limit', () => {
    template.hasResourceProperties('AWS::ApiGatewayV2::Stage', {
      StageName: '$default',
      AutoDeploy: true,
      DefaultRouteSettings: { ThrottlingRateLimit: 200, ThrottlingBurstLimit: 400 },
    });
  });
});

describe('the REST API', () => {
  const rest = stackOf({ frontDoor: 'rest' });

  test('is regional and hands every body over unchanged', () => {
    rest.template.hasResourceProperties('AWS::ApiGateway::RestApi', {
      EndpointConfiguration: { Types: ['REGIONAL'] },
      BinaryMediaTypes: ['*/*'],
      MinimumCompressionSize: Match.absent(),
    });
  });

  test('takes every method on the callback path and nothing else, up to a limit', () => {
    const methods = Object.values(rest.template.findResources('AWS::ApiGateway::Method'));
    expect(methods.map(({ Properties }) => Properties.HttpMethod)).toEqual(['ANY']);
    rest.template.hasResourceProperties('AWS::ApiGateway::Method', { Integration: { Type: 'AWS_PROXY' } });
    rest.template.hasResourceProperties('AWS::ApiGateway::Stage', {
      MethodSettings: [
        Match.objectLike({
          HttpMethod: '*',
          ResourcePath: '/*',
          ThrottlingRateLimit: 200,
          ThrottlingBurstLimit: 400,
          DataTraceEnabled: false,
        }),
      ],
    });
  });

  test('lets in the allowed addresses alone, and what WAF lets through', () => {
    const guarded = stackOf({ frontDoor: 'rest', ...samples.allowedIps, ...samples.webAcl });
    const everything = { Action: 'execute-api:Invoke', Principal: { AWS: '*' }, Resource: 'execute-api:/*' };
    const others = { NotIpAddress: { 'aws:SourceIp': ['203.0.113.0/24', '2001:db8::1'] } };
    const Statement = [
      { ...everything, Effect: 'Allow' },
      { ...everything, Effect: 'Deny', Condition: others },
    ];
    guarded.template.hasResourceProperties('AWS::ApiGateway::RestApi', { Policy: { Statement } });
    const association = guarded.json.Resources[idOf(guarded.json, 'AWS::WAFv2::WebACLAssociation', /./)];
    const api = idOf(guarded.json, 'AWS::ApiGateway::RestApi', /./);
    const stage = idOf(guarded.json, 'AWS::ApiGateway::Stage', /./);
    expect(resolve(association?.Properties)).toEqual({
      WebACLArn: samples.webAcl.webAclArn,
      ResourceArn: `arn:aws:apigateway:us-east-1::/restapis/arn:${api}/stages/arn:${stage}`,
    });
  });
});

describe('the callback URL', () => {
  test.each([
    [{}, /^https:\/\/arn:ReceiverHttpApi\w+\.execute-api\.us-east-1\.amazonaws\.com\/messagemedia$/],
    [
      { frontDoor: 'rest' },
      /^https:\/\/arn:ReceiverRestApi\w+\.execute-api\.us-east-1\.amazonaws\.com\/arn:\w+Stageprod\w+\/messagemedia$/,
    ],
    [{ callbackPath: '/a/b-c' }, /\.amazonaws\.com\/a\/b-c$/],
    [{ callbackPath: '/a/b-c', frontDoor: 'rest' }, /Stageprod\w+\/a\/b-c$/],
    [samples.domain, /^https:\/\/hooks\.example\.com\/messagemedia$/],
    [{ ...samples.domain, frontDoor: 'rest', callbackPath: '/a/b-c' }, /^https:\/\/hooks\.example\.com\/a\/b-c$/],
  ])('with %j', (context, shape) => {
    expect(resolve(stackOf(context).json.Outputs.CallbackUrl?.Value)).toMatch(shape);
  });

  test.each(['http', 'rest'])(
    'of a domain in front of %s has no mapping key, and an alias record if asked for',
    (frontDoor) => {
      const { json: mapped, template: withRecord } = stackOf({ frontDoor, ...samples.domain, ...samples.hostedZone });
      const mapping = mapped.Resources[idOf(mapped, 'AWS::ApiGatewayV2::ApiMapping', /./)];
      const [api, stage] =
        frontDoor === 'rest'
          ? ['AWS::ApiGateway::RestApi', 'AWS::ApiGateway::Stage']
          : ['AWS::ApiGatewayV2::Api', 'AWS::ApiGatewayV2::Stage'];
      const stageId = idOf(mapped, stage, /./);
      expect(resolve(mapping?.Properties)).toEqual({
        DomainName: `arn:${idOf(mapped, 'AWS::ApiGatewayV2::DomainName', /./)}`,
        ApiId: `arn:${idOf(mapped, api, /./)}`,
        Stage: frontDoor === 'rest' ? `arn:${stageId}` : '$default',
      });
      expect(mapping?.DependsOn).toContain(stageId);
      withRecord.hasResourceProperties('AWS::ApiGatewayV2::DomainName', {
        DomainName: 'hooks.example.com',
        DomainNameConfigurations: [
          {
            CertificateArn: samples.domain.certificateArn,
            EndpointType: 'REGIONAL',
            SecurityPolicy: 'TLS_1_2',
          },
        ],
      });
      withRecord.hasResourceProperties('AWS::Route53::RecordSet', {
        Name: 'hooks.example.com.',
        Type: 'A',
        HostedZoneId: samples.hostedZone.hostedZoneId,
      });
    },
  );
});

describe('a key of your own', () => {
  const withKey = stackOf({ customerManagedKey: 'true' });
  const key = { 'Fn::GetAtt': ['Key', 'Arn'] };

  test('encrypts queues, keyring, large data and logs, and is rotated', () => {
    withKey.template.allResourcesProperties('AWS::SQS::Queue', { KmsMasterKeyId: key });
    withKey.template.allResourcesProperties('AWS::SecretsManager::Secret', { KmsKeyId: key });
    withKey.template.allResourcesProperties('AWS::Logs::LogGroup', { KmsKeyId: key });
    withKey.template.allResourcesProperties('AWS::S3::Bucket', {
      BucketEncryption: {
        ServerSideEncryptionConfiguration: [
          { BucketKeyEnabled: true, ServerSideEncryptionByDefault: { SSEAlgorithm: 'aws:kms', KMSMasterKeyID: key } },
        ],
      },
    });
    withKey.template.hasResourceProperties('AWS::KMS::Key', { EnableKeyRotation: true });
  });

  test('can be used by CloudWatch Logs for logs of this account', () => {
    const { KeyPolicy } = resolve(withKey.json.Resources.Key?.Properties) as { KeyPolicy: { Statement: object[] } };
    expect(KeyPolicy.Statement).toContainEqual({
      Effect: 'Allow',
      Principal: { Service: 'logs.us-east-1.amazonaws.com' },
      Action: ['kms:Decrypt*', 'kms:Describe*', 'kms:Encrypt*', 'kms:GenerateDataKey*', 'kms:ReEncrypt*'],
      Resource: '*',
      Condition: {
        ArnLike: { 'kms:EncryptionContext:aws:logs:arn': 'arn:aws:logs:us-east-1:123456789012:log-group:*' },
      },
    });
  });
});

test.each(['http', 'rest'])('the access log of %s has nothing personal in it', (frontDoor) => {
  const { json: logged } = stackOf({ frontDoor });
  const type = frontDoor === 'rest' ? 'AWS::ApiGateway::Stage' : 'AWS::ApiGatewayV2::Stage';
  const stage = logged.Resources[idOf(logged, type, /./)]?.Properties ?? {};
  const { Format } = (stage.AccessLogSetting ?? stage.AccessLogSettings) as { Format: string };
  const route = frontDoor === 'rest' ? 'resourcePath' : 'routeKey';
  const known = ['requestId', 'httpMethod', route, 'status', 'responseLatency'];
  const ofIntegration = ['integrationStatus', 'integrationErrorMessage', 'error.message'];
  expect([...Format.matchAll(/\$context\.([\w.]+)/g)].map(([, name]) => name)).toEqual([...known, ...ofIntegration]);
  expect(JSON.parse(Format)).toMatchObject({ service: 'Test/Receiver', status: '$context.status' });
});
