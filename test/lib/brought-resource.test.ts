import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { CfnParameter, Duration, Stack } from 'aws-cdk-lib';
import { Annotations, Match } from 'aws-cdk-lib/assertions';
import { Certificate } from 'aws-cdk-lib/aws-certificatemanager';
import { Vpc } from 'aws-cdk-lib/aws-ec2';
import { Alias, Key } from 'aws-cdk-lib/aws-kms';
import { LogGroup } from 'aws-cdk-lib/aws-logs';
import { HostedZone, type IHostedZone, PrivateHostedZone } from 'aws-cdk-lib/aws-route53';
import { Bucket } from 'aws-cdk-lib/aws-s3';
import { type ISecret, Secret } from 'aws-cdk-lib/aws-secretsmanager';
import { Topic } from 'aws-cdk-lib/aws-sns';
import { Queue } from 'aws-cdk-lib/aws-sqs';
import { AwsSolutionsChecks } from 'cdk-nag';
import { Archive, type ArchiveProps } from '../../lib/archive/archive.ts';
import { KeyRotation } from '../../lib/key-rotation.ts';
import { Keyring } from '../../lib/keyring.ts';
import { Monitoring } from '../../lib/monitoring/monitoring.ts';
import { ReceiverFunction } from '../../lib/receiver-function.ts';
import { Reconciliation } from '../../lib/reconciliation.ts';
import { WebhookReceiver, type WebhookReceiverProps } from '../../lib/webhook-receiver.ts';
import { isAllowed, statementsOf } from './policies.ts';
import { createApp, idOf, idsOf, templateOf } from './support.ts';

const here = { region: 'us-east-1', account: '111111111111' };
const elsewhere = { region: 'eu-west-1', account: '222222222222' };
const createStack = (env: object | undefined = here) => new Stack(createApp(), 'Shop', env && { env });

/** An ARN of a place. */
const arn = (service: string, resource: string, { region, account } = here) =>
  `arn:aws:${service}:${region}:${account}:${resource}`;
const otherRegion = { ...here, region: elsewhere.region };
const otherAccount = { ...here, account: elsewhere.account };

const queueOf = (stack: Stack, place = here) => Queue.fromQueueArn(stack, 'Brought', arn('sqs', 'events.fifo', place));
const keyOf = (stack: Stack, place = here) => Key.fromKeyArn(stack, 'BroughtKey', arn('kms', 'key/1', place));
const secretOf = (stack: Stack, place = here) =>
  Secret.fromSecretCompleteArn(stack, 'BroughtSecret', arn('secretsmanager', 'secret:keys-AbCdEf', place));
const topicOf = (stack: Stack, name = 'on-call', place = here) =>
  Topic.fromTopicArn(stack, 'BroughtTopic', arn('sns', name, place));
const bucketOf = (stack: Stack, place = here) =>
  Bucket.fromBucketAttributes(stack, 'BroughtBucket', { bucketName: 'large', ...place });
const zoneOf = (stack: Stack, zoneName: string) =>
  HostedZone.fromHostedZoneAttributes(stack, 'BroughtZone', { hostedZoneId: 'Z1', zoneName });
const domainOf = (stack: Stack, place = here, hostedZone?: IHostedZone): WebhookReceiverProps => {
  const certificate = Certificate.fromCertificateArn(stack, 'Cert', arn('acm', 'certificate/1', place));
  return { domain: { domainName: 'hooks.example.com', certificate, ...(hostedZone && { hostedZone }) } };
};
const rotate = (stack: Stack, keyring: ISecret) =>
  new KeyRotation(stack, 'Rotation', { keyring, every: Duration.days(30), baseUrl: 'messagemedia' });
const archiveOf = (stack: Stack, props: Partial<ArchiveProps> = {}) =>
  new Archive(stack, 'Archive', {
    bucket: props.bucket ?? new Bucket(stack, 'ArchiveBucket'),
    keyring: props.keyring ?? secretOf(stack),
    overflowBucket: props.overflowBucket ?? Bucket.fromBucketName(stack, 'Large', 'large'),
  });
const receive = (stack: Stack, props: WebhookReceiverProps) => new WebhookReceiver(stack, 'Receiver', props);
const watch = (stack: Stack, alarmTopic: Topic | ReturnType<typeof topicOf>) =>
  new Monitoring(stack, 'Monitoring', { receiver: receive(stack, {}), alarmTopic });
const aclArn = (place = here, scope = 'regional') => arn('wafv2', `${scope}/webacl/webhooks/1`, place);

const region =
  /is of region eu-west-1, and the stack of region us-east-1: give one of us-east-1, or deploy the stack to eu-west-1\./;
const account = /is of account 222222222222, and the stack of account 111111111111: give one of 111111111111,/;

describe('the constructs refuse', () => {
  test.each<[string, RegExp, (stack: Stack) => void]>([
    ['a queue of another region', region, (stack) => receive(stack, { queue: queueOf(stack, otherRegion) })],
    ['a keyring of another region', region, (stack) => receive(stack, { keyring: secretOf(stack, otherRegion) })],
    [
      'an overflow bucket of another region',
      region,
      (stack) => receive(stack, { overflowBucket: bucketOf(stack, otherRegion) }),
    ],
    [
      'a bucket of another partition',
      /Bucket arn:aws-cn:s3:::large is of partition aws-cn, and the stack of partition aws:/,
      (stack) => receive(stack, { overflowBucket: Bucket.fromBucketArn(stack, 'China', 'arn:aws-cn:s3:::large') }),
    ],
    ['a KMS key of another region', region, (stack) => receive(stack, { encryptionKey: keyOf(stack, otherRegion) })],
    [
      'a queue with a KMS key of another region',
      region,
      (stack) => {
        const keyArn = arn('kms', 'key/1', otherRegion);
        receive(stack, { queue: Queue.fromQueueAttributes(stack, 'Q', { queueArn: arn('sqs', 'events'), keyArn }) });
      },
    ],
    [
      'an alias of a KMS key',
      /KMS key Shop\/Alias is an alias, and a policy cannot name one: give the key itself/,
      (stack) => receive(stack, { encryptionKey: Alias.fromAliasName(stack, 'Alias', 'alias/events') }),
    ],
    [
      'an archive bucket of another region',
      region,
      (stack) => archiveOf(stack, { bucket: bucketOf(stack, otherRegion) }),
    ],
    [
      'an archive of other keys than the receiver',
      /Shop\/Archive has another keyring than the receiver Shop\/Receiver: give both the same keyring\./,
      (stack) => receive(stack, { archive: archiveOf(stack) }),
    ],
    [
      'an archive of another overflow bucket than the receiver',
      /has another overflowBucket than the receiver/,
      (stack) => {
        const keyring = new Keyring(stack, 'Keyring');
        receive(stack, { archive: archiveOf(stack, { keyring }), keyring });
      },
    ],
    ['to rotate a keyring of another account', account, (stack) => rotate(stack, secretOf(stack, otherAccount))],
    ['to rotate a keyring of another region', region, (stack) => rotate(stack, secretOf(stack, otherRegion))],
    [
      'a log group of another account',
      account,
      (stack) => {
        const logGroupArn = arn('logs', 'log-group:mine', otherAccount);
        new ReceiverFunction(stack, 'Function', {
          ...{ queue: queueOf(stack), keyring: secretOf(stack), overflowBucket: bucketOf(stack) },
          ...{ timestampTolerance: Duration.days(1), service: 's', tracing: false },
          logGroup: LogGroup.fromLogGroupArn(stack, 'Log', logGroupArn),
        });
      },
    ],
    ['a certificate of another region', region, (stack) => receive(stack, domainOf(stack, otherRegion))],
    ['a certificate of another account', account, (stack) => receive(stack, domainOf(stack, otherAccount))],
    [
      'a hosted zone that does not have the domain',
      /Domain hooks\.example\.com is not in the hosted zone ample\.com:/,
      (stack) => receive(stack, domainOf(stack, here, zoneOf(stack, 'ample.com.'))),
    ],
    [
      'a private hosted zone',
      /Hosted zone Shop\/Private is private, so MessageMedia cannot find hooks\.example\.com/,
      (stack) => {
        const vpc = Vpc.fromVpcAttributes(stack, 'Vpc', { vpcId: 'vpc-1', availabilityZones: ['us-east-1a'] });
        receive(
          stack,
          domainOf(stack, here, new PrivateHostedZone(stack, 'Private', { zoneName: 'example.com', vpc })),
        );
      },
    ],
    ['a web ACL of another region', region, (stack) => receive(stack, { rest: { webAclArn: aclArn(otherRegion) } })],
    ['a web ACL of another account', account, (stack) => receive(stack, { rest: { webAclArn: aclArn(otherAccount) } })],
    [
      'a web ACL of CloudFront',
      /is not for a REST API: give the ARN of a web ACL of AWS WAF \(wafv2\) with the scope REGIONAL/,
      (stack) => receive(stack, { rest: { webAclArn: aclArn(here, 'global') } }),
    ],
    ['an alarm topic of another region', region, (stack) => watch(stack, topicOf(stack, 'on-call', otherRegion))],
    [
      'a FIFO topic for alarms',
      /Alarm topic Shop\/BroughtTopic is a FIFO topic, and alarms notify only standard topics/,
      (stack) => watch(stack, topicOf(stack, 'on-call.fifo')),
    ],
    [
      'an alarm topic that is encrypted with the key of SNS',
      /is encrypted with the key aws\/sns, which alarms may not use/,
      (stack) => {
        const masterKey = Alias.fromAliasName(stack, 'Alias', 'alias/aws/sns');
        watch(stack, new Topic(stack, 'Topic', { masterKey }));
      },
    ],
  ])('%s', (_what, message, make) => {
    const stack = createStack();
    const refused = { name: 'BroughtResourceError', message: expect.stringMatching(message) };
    expect(() => make(stack)).toThrow(expect.objectContaining(refused));
  });
});

describe('the constructs take', () => {
  test.each<[string, (stack: Stack) => void]>([
    [
      'all of the same place',
      (stack) => {
        const keyring = secretOf(stack);
        const overflowBucket = bucketOf(stack);
        const receiver = receive(stack, {
          ...{ queue: queueOf(stack), keyring, overflowBucket, encryptionKey: keyOf(stack) },
          archive: archiveOf(stack, {
            keyring: Secret.fromSecretCompleteArn(stack, 'Again', keyring.secretArn),
            overflowBucket,
          }),
          ...domainOf(stack, here, zoneOf(stack, 'example.com.')),
          rest: { webAclArn: aclArn() },
        });
        rotate(stack, keyring);
        new Reconciliation(stack, 'Reconciliation', { receiver, every: Duration.minutes(5), baseUrl: 'messagemedia' });
        new Monitoring(stack, 'Monitoring', { receiver, alarmTopic: topicOf(stack) });
      },
    ],
    [
      'queue, keyring, key and topic of another account, which their policies may allow',
      (stack) => {
        receive(stack, {
          queue: queueOf(stack, otherAccount),
          keyring: secretOf(stack, otherAccount),
          encryptionKey: keyOf(stack, otherAccount),
        });
        new Monitoring(stack, 'Monitoring', {
          receiver: new WebhookReceiver(stack, 'Two'),
          alarmTopic: topicOf(stack, 'on-call', otherAccount),
        });
      },
    ],
    [
      'a zone of the very domain, and one whose name is not known',
      (stack) => {
        receive(stack, domainOf(stack, here, zoneOf(stack, 'hooks.example.com')));
        const zone = HostedZone.fromHostedZoneId(stack, 'ById', 'Z1');
        const certificate = Certificate.fromCertificateArn(stack, 'Two', arn('acm', 'certificate/1'));
        new WebhookReceiver(stack, 'Second', {
          domain: { domainName: 'a.example.org', certificate, hostedZone: zone },
        });
      },
    ],
    [
      'what is known only at the deployment',
      (stack) => {
        const value = (id: string) => new CfnParameter(stack, id).valueAsString;
        receive(stack, {
          queue: Queue.fromQueueArn(stack, 'Q', value('QueueArn')),
          rest: { webAclArn: value('AclArn') },
          domain: {
            domainName: 'a.example.org',
            certificate: Certificate.fromCertificateArn(stack, 'C', value('Cert')),
          },
        });
      },
    ],
  ])('%s', (_what, make) => {
    const stack = createStack();
    make(stack);
    expect(idsOf(templateOf(stack).json, 'AWS::Lambda::Function').length).toBeGreaterThan(0);
  });
});

describe('a stack without a region of its own', () => {
  const environment = { ...process.env };
  beforeEach(() => {
    delete process.env.CDK_DEFAULT_REGION;
    delete process.env.CDK_DEFAULT_ACCOUNT;
  });
  afterEach(() => {
    process.env = { ...environment };
  });
  const make = () => {
    const stack = createStack({});
    receive(stack, { queue: queueOf(stack) });
  };

  test('goes where the command line of the CDK is at home', () => {
    process.env.CDK_DEFAULT_REGION = 'eu-west-1';
    expect(make).toThrow(
      'Queue arn:aws:sqs:us-east-1:111111111111:events.fifo is of region us-east-1, and the stack of region eu-west-1',
    );
    process.env.CDK_DEFAULT_REGION = 'us-east-1';
    expect(make).not.toThrow();
  });

  test('takes anything if nobody knows where it goes', () => {
    expect(make).not.toThrow();
  });
});

describe('a queue of another account', () => {
  const stack = createStack();
  const receiver = receive(stack, { queue: queueOf(stack, otherAccount) });
  new Monitoring(stack, 'Monitoring', { receiver });

  test('has no alarm that could never go off, and a warning says so', () => {
    const { json } = templateOf(stack);
    const alarms = idsOf(json, 'AWS::CloudWatch::Alarm');
    expect(alarms.length).toBeGreaterThan(5);
    expect(alarms.filter((id) => json.Resources[id]?.Properties.Namespace === 'AWS/SQS')).toEqual([]);
    const message = Match.stringLikeRegexp(
      'Queue arn:aws:sqs:us-east-1:222222222222:events.fifo is of another account',
    );
    Annotations.fromStack(stack).hasWarning('/Shop/Monitoring/Alarms', message);
  });

  test('has one if it may be of this account', () => {
    const other = createStack({});
    new Monitoring(other, 'Monitoring', { receiver: receive(other, { queue: queueOf(other, otherAccount) }) });
    const { json } = templateOf(other);
    const watched = idsOf(json, 'AWS::CloudWatch::Alarm').map((id) => json.Resources[id]?.Properties.Namespace);
    expect(watched.filter((namespace) => namespace === 'AWS/SQS')).toHaveLength(1);
    Annotations.fromStack(other).hasNoWarning('*', Match.stringLikeRegexp('another account'));
  });
});

test.each<[string, (stack: Stack) => ISecret]>([
  ['name', (stack) => Secret.fromSecretNameV2(stack, 'Keys', 'keys')],
  ['partial ARN', (stack) => Secret.fromSecretPartialArn(stack, 'Keys', arn('secretsmanager', 'secret:keys'))],
  ['whole ARN', (stack) => secretOf(stack)],
])('a keyring that was imported by its %s, with a KMS key, can be read, and rotated', (_how, bring) => {
  const stack = createStack();
  const brought = bring(stack);
  const keyring = Secret.fromSecretAttributes(stack, 'WithKey', {
    ...(brought.secretFullArn ? { secretCompleteArn: brought.secretFullArn } : { secretPartialArn: brought.secretArn }),
    encryptionKey: keyOf(stack),
  });
  receive(stack, { keyring });
  rotate(stack, keyring);
  const { json } = templateOf(stack);
  const resource = arn('secretsmanager', 'secret:keys-AbCdEf');
  const other = arn('secretsmanager', 'secret:keys-other-AbCdEf');
  const may = (who: RegExp, action: string, what: string, via?: string) =>
    isAllowed(statementsOf(json, idOf(json, 'AWS::IAM::Role', who)), { action, resource: what, ...(via && { via }) });
  const via = 'secretsmanager.us-east-1.amazonaws.com';
  for (const who of [/^Receiver/, /^Rotation/]) {
    expect(may(who, 'secretsmanager:GetSecretValue', resource)).toBe(true);
    expect(may(who, 'secretsmanager:GetSecretValue', other)).toBe(false);
    expect(may(who, 'kms:Decrypt', arn('kms', 'key/1'), via)).toBe(true);
  }
  expect(may(/^Rotation/, 'secretsmanager:PutSecretValue', resource)).toBe(true);
  expect(may(/^Rotation/, 'secretsmanager:UpdateSecretVersionStage', resource)).toBe(true);
  expect(may(/^Rotation/, 'kms:GenerateDataKey', arn('kms', 'key/1'), via)).toBe(true);
});

test('alarms may use the key of a topic that this app makes', () => {
  const stack = createStack();
  watch(stack, new Topic(stack, 'Topic', { masterKey: new Key(stack, 'TopicKey') }));
  templateOf(stack).template.hasResourceProperties('AWS::KMS::Key', {
    KeyPolicy: {
      Statement: Match.arrayWith([
        Match.objectLike({
          Principal: { Service: 'cloudwatch.amazonaws.com' },
          Action: ['kms:Decrypt', 'kms:GenerateDataKey*'],
        }),
      ]),
    },
  });
});

test('brought buckets give cdk-nag nothing to find', () => {
  const stack = createStack({});
  const bucket = Bucket.fromBucketName(stack, 'Kept', 'archive');
  const overflowBucket = Bucket.fromBucketName(stack, 'Large', 'large');
  const keyring = new Keyring(stack, 'Keyring');
  const archive = archiveOf(stack, { bucket, overflowBucket, keyring });
  const receiver = receive(stack, { keyring, overflowBucket, archive });
  templateOf(stack);
  for (const scope of [receiver, archive]) expect(new AwsSolutionsChecks().validateScope(scope).violations).toEqual([]);
});
