import { readFileSync } from 'node:fs';
import { describe, expect, test } from '@jest/globals';
import { Duration, Stack } from 'aws-cdk-lib';
import { Match } from 'aws-cdk-lib/assertions';
import { archiveTypeOf, eventPartition } from '../../lambda/archive-contract.ts';
import { eventTypes } from '../../lambda/contract.ts';
import { Archive } from '../../lib/archive/archive.ts';
import { ArchiveBucket } from '../../lib/archive/archive-bucket.ts';
import { Keyring } from '../../lib/keyring.ts';
import { OverflowBucket } from '../../lib/overflow-bucket.ts';
import { WebhookReceiver } from '../../lib/webhook-receiver.ts';
import { allowed, arnOf, resolve } from './policies.ts';
import { createApp, idOf, idsOf, samples, stackOf, type TemplateJson, templateOf } from './support.ts';

const settings = [
  { archiveDays: '400' },
  {
    archiveDays: '400',
    archiveLock: 'compliance',
    reconcileMinutes: '15',
    customerManagedKey: 'true',
    frontDoor: 'rest',
    ordering: 'standard',
    logRetentionDays: '7',
    ...samples.alarmTopic,
  },
];

const streamTypes = Object.values(eventTypes).map(archiveTypeOf);
const ofArchive = (id: string) => id.startsWith('Archive');

function streamOf(json: TemplateJson, type: string): string {
  const [id = '', ...others] = idsOf(json, 'AWS::KinesisFirehose::DeliveryStream').filter((candidate) =>
    candidate.startsWith(`ArchiveStreams${type.replaceAll('_', '')}`),
  );
  expect(others).toEqual([]);
  return id;
}

describe.each(settings)('with %j', (context) => {
  const { template, json } = stackOf(context);
  const hasKey = 'customerManagedKey' in context;
  const key = arnOf('Key');
  const bucket = arnOf('ArchiveBucket');
  const archive = idOf(json, 'AWS::Lambda::Function', /^ArchiveFunction/);
  const log = arnOf(idOf(json, 'AWS::Logs::LogGroup', /^ArchiveLog/));

  test('the bucket is private, encrypted, and keeps what it has as long as was asked for', () => {
    const { Properties } = json.Resources.ArchiveBucket ?? {};
    expect(resolve(Properties)).toMatchObject({
      PublicAccessBlockConfiguration: {
        BlockPublicAcls: true,
        BlockPublicPolicy: true,
        IgnorePublicAcls: true,
        RestrictPublicBuckets: true,
      },
      BucketEncryption: {
        ServerSideEncryptionConfiguration: [
          hasKey
            ? {
                BucketKeyEnabled: true,
                ServerSideEncryptionByDefault: { SSEAlgorithm: 'aws:kms', KMSMasterKeyID: key },
              }
            : { ServerSideEncryptionByDefault: { SSEAlgorithm: 'AES256' } },
        ],
      },
      LifecycleConfiguration: {
        Rules: [
          { ExpirationInDays: 400, AbortIncompleteMultipartUpload: { DaysAfterInitiation: 1 }, Status: 'Enabled' },
          ...('archiveLock' in context
            ? [
                {
                  NoncurrentVersionExpiration: { NoncurrentDays: 1 },
                  ExpiredObjectDeleteMarker: true,
                  Status: 'Enabled',
                },
              ]
            : []),
        ],
      },
    });
    template.hasResourceProperties('AWS::S3::BucketPolicy', {
      Bucket: { Ref: 'ArchiveBucket' },
      PolicyDocument: {
        Statement: Match.arrayWith([
          Match.objectLike({ Effect: 'Deny', Condition: { Bool: { 'aws:SecureTransport': 'false' } } }),
        ]),
      },
    });
  });

  test('what holds data outlives the stack, under logical ids that stay', () => {
    for (const id of ['ArchiveBucket', 'ArchiveQueue', 'ArchiveDeadLetterQueue']) {
      expect(json.Resources[id]).toMatchObject({
        DeletionPolicy: 'RetainExceptOnCreate',
        UpdateReplacePolicy: 'Retain',
      });
    }
    const kept = Object.entries(json.Resources).filter(
      ([id, { DeletionPolicy }]) => ofArchive(id) && DeletionPolicy?.startsWith('Retain'),
    );
    expect(kept.map(([id]) => id).sort()).toEqual(['ArchiveBucket', 'ArchiveDeadLetterQueue', 'ArchiveQueue']);
  });

  test.each(streamTypes)('the stream of %s writes where readers look', (type) => {
    const { Properties } = json.Resources[streamOf(json, type)] ?? {};
    expect(resolve(Properties)).toMatchObject({
      DeliveryStreamType: 'DirectPut',
      DeliveryStreamEncryptionConfigurationInput: hasKey
        ? { KeyType: 'CUSTOMER_MANAGED_CMK', KeyARN: key }
        : { KeyType: 'AWS_OWNED_CMK' },
      ExtendedS3DestinationConfiguration: {
        BucketARN: bucket,
        BufferingHints: { IntervalInSeconds: 300, SizeInMBs: 64 },
        CloudWatchLoggingOptions: { Enabled: true, LogGroupName: log },
        CompressionFormat: 'GZIP',
        CustomTimeZone: 'UTC',
        FileExtension: '.jsonl.gz',
      },
    });
    const { Prefix, ErrorOutputPrefix } = (Properties as { ExtendedS3DestinationConfiguration: Record<string, string> })
      .ExtendedS3DestinationConfiguration;
    const at = new Date('2026-02-03T04:05:06Z');
    const parts = { yyyy: '2026', MM: '02', dd: '03', HH: '04' };
    const written = String(Prefix).replaceAll(/!\{timestamp:(\w+)\}/g, (_, part: keyof typeof parts) => parts[part]);
    const event = Object.values(eventTypes).find((candidate) => archiveTypeOf(candidate) === type);
    expect(written).toBe(eventPartition(event ?? eventTypes.webhook, at));
    expect(ErrorOutputPrefix).toMatch(new RegExp(`^failed/!\\{firehose:error-output-type\\}/type=${type}/year=`));
  });

  test('the queue hands its events over together, and has dead letters', () => {
    expect(resolve(json.Resources.ArchiveQueue?.Properties)).toMatchObject({
      MessageRetentionPeriod: 14 * 24 * 60 * 60,
      MaximumMessageSize: 1_048_576,
      VisibilityTimeout: 6 * 60 + 300,
      RedrivePolicy: { deadLetterTargetArn: arnOf('ArchiveDeadLetterQueue'), maxReceiveCount: 50 },
      ...(hasKey ? { KmsMasterKeyId: key } : { SqsManagedSseEnabled: true }),
    });
    expect(json.Resources.ArchiveQueue?.Properties).not.toHaveProperty('FifoQueue');
    expect(resolve(json.Resources[idOf(json, 'AWS::Lambda::EventSourceMapping', /./)]?.Properties)).toEqual({
      EventSourceArn: arnOf('ArchiveQueue'),
      FunctionName: arnOf(archive),
      BatchSize: 1_000,
      MaximumBatchingWindowInSeconds: 300,
      FunctionResponseTypes: ['ReportBatchItemFailures'],
      ScalingConfig: { MaximumConcurrency: 2 },
    });
  });

  test('the function knows both buckets and the keyring, and runs every five minutes', () => {
    expect(resolve(json.Resources[archive]?.Properties)).toMatchObject({
      Timeout: 60,
      Environment: {
        Variables: {
          ARCHIVE_BUCKET: bucket,
          OVERFLOW_BUCKET: arnOf('OverflowBucket'),
          KEYRING_SECRET_ID: arnOf('Keyring'),
        },
      },
    });
    template.hasResourceProperties('AWS::Events::Rule', {
      ScheduleExpression: 'rate(5 minutes)',
      Targets: [{ Arn: { 'Fn::GetAtt': [archive, 'Arn'] }, RetryPolicy: { MaximumRetryAttempts: 0 } }],
    });
  });

  const writers = idsOf(json, 'AWS::Lambda::Function').filter((id) => /^(Receiver|Reconciliation)/.test(id));

  test('whoever queues events knows the streams and the queue, and may write to them', () => {
    expect(writers).toHaveLength('reconcileMinutes' in context ? 2 : 1);
    const streams = streamTypes.map((type) => `${type}=${arnOf(streamOf(json, type))}`).join(',');
    for (const id of writers) {
      expect(resolve(json.Resources[id]?.Properties)).toMatchObject({
        Environment: { Variables: { ARCHIVE_STREAMS: streams, ARCHIVE_QUEUE_URL: arnOf('ArchiveQueue') } },
      });
    }
    for (const shape of [/^ReceiverFunction/, ...(writers.length > 1 ? [/^ReconciliationReconcile/] : [])]) {
      const lines = allowed(json, idOf(json, 'AWS::IAM::Role', shape));
      const known = lines.filter((line) => line.includes('arn:Archive'));
      expect(known).toEqual(
        [
          ...streamTypes.map((type) => `firehose:PutRecord ${arnOf(streamOf(json, type))}`),
          `sqs:SendMessage ${arnOf('ArchiveQueue')}`,
        ].sort(),
      );
      if (hasKey) expect(lines).toEqual(expect.arrayContaining([`kms:GenerateDataKey ${key} via sqs`]));
    }
  });

  test('the streams may write events, and nothing else', () => {
    expect(allowed(json, idOf(json, 'AWS::IAM::Role', /^ArchiveStreams/))).toEqual(
      [
        ...['s3:GetBucketLocation', 's3:ListBucket', 's3:ListBucketMultipartUploads'].map((a) => `${a} ${bucket}`),
        ...['s3:AbortMultipartUpload', 's3:GetObject', 's3:PutObject'].flatMap((action) =>
          ['events', 'failed'].map((prefix) => `${action} ${bucket}/${prefix}/*`),
        ),
        `logs:CreateLogStream ${log}`,
        `logs:PutLogEvents ${log}`,
        ...(hasKey ? [`kms:GenerateDataKey ${key} via s3`, `kms:Decrypt ${key} via s3`] : []),
      ].sort(),
    );
  });

  test('the function may do what it calls, and nothing else', () => {
    expect(allowed(json, idOf(json, 'AWS::IAM::Role', /^ArchiveFunction/))).toEqual(
      [
        ...['sqs:ReceiveMessage', 'sqs:DeleteMessage', 'sqs:GetQueueAttributes'].map(
          (action) => `${action} ${arnOf('ArchiveQueue')}`,
        ),
        ...['events', 'data', 'keys'].map((prefix) => `s3:PutObject ${bucket}/${prefix}/*`),
        `s3:GetObject ${arnOf('OverflowBucket')}/*`,
        `s3:ListBucket ${arnOf('OverflowBucket')} of ${'?'.repeat(64)}`,
        `secretsmanager:GetSecretValue ${arnOf('Keyring')}`,
        `logs:CreateLogStream ${log}`,
        `logs:PutLogEvents ${log}`,
        ...(hasKey
          ? [
              `kms:Decrypt ${key} via sqs`,
              `kms:GenerateDataKey ${key} via s3`,
              `kms:Decrypt ${key} via s3`,
              `kms:Decrypt ${key} via secretsmanager`,
            ]
          : []),
      ].sort(),
    );
  });
});

test('what is called is what it is asked for here', () => {
  const callsIn = (...names: string[]) => {
    const sources = names.map((name) => readFileSync(new URL(`../../lambda/${name}.ts`, import.meta.url), 'utf8'));
    return [...new Set([...sources.join('').matchAll(/new (\w+)Command\(/g)].map(([, call]) => call))].sort();
  };
  expect(callsIn('archive-handler', 'archive/archive-store', 'event/overflow-store')).toEqual([
    'CopyObject',
    'GetSecretValue',
    'PutObject',
  ]);
  expect(callsIn('archive/archiver', 'event/queue-sender')).toEqual(['PutRecord', 'SendMessage']);
});

describe('the lock', () => {
  test.each(['governance', 'compliance'])(
    '%s lasts as long as an object is kept, and needs versions',
    (archiveLock) => {
      expect(stackOf({ archiveDays: '400', archiveLock }).json.Resources.ArchiveBucket?.Properties).toMatchObject({
        ObjectLockEnabled: true,
        ObjectLockConfiguration: {
          ObjectLockEnabled: 'Enabled',
          Rule: { DefaultRetention: { Days: 400, Mode: archiveLock.toUpperCase() } },
        },
        VersioningConfiguration: { Status: 'Enabled' },
      });
    },
  );
});

test('as a construct it goes with a receiver of its own keyring and bucket', () => {
  const stack = new Stack(createApp(), 'Shop');
  const shared = { keyring: new Keyring(stack, 'Keys'), overflowBucket: new OverflowBucket(stack, 'Overflow') };
  const bucket = new ArchiveBucket(stack, 'ArchiveBucket', { retention: Duration.days(30) });
  const archive = new Archive(stack, 'Archive', { ...shared, bucket });
  const receiver = new WebhookReceiver(stack, 'Receiver', { ...shared, archive });
  expect(receiver.archive).toBe(archive);
  templateOf(stack).template.hasResourceProperties('AWS::Lambda::Function', {
    Environment: { Variables: Match.objectLike({ ARCHIVE_QUEUE_URL: Match.anyValue() }) },
  });
});
