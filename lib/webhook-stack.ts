import { CfnOutput, Duration, RemovalPolicy, Stack, type StackProps } from 'aws-cdk-lib';
import { Certificate } from 'aws-cdk-lib/aws-certificatemanager';
import { type IKey, Key } from 'aws-cdk-lib/aws-kms';
import { HostedZone } from 'aws-cdk-lib/aws-route53';
import { Topic } from 'aws-cdk-lib/aws-sns';
import type { Construct } from 'constructs';
import { outputs } from '../lambda/stack-outputs.ts';
import { ApiCredentials } from './api-credentials.ts';
import { Archive, type ArchiveProps } from './archive/archive.ts';
import { ArchiveBucket } from './archive/archive-bucket.ts';
import { EventQueue } from './event-queue.ts';
import type { CustomDomainOptions } from './front-door/custom-domain.ts';
import { KeyRotation } from './key-rotation.ts';
import { Keyring } from './keyring.ts';
import { Monitoring } from './monitoring/monitoring.ts';
import { OverflowBucket } from './overflow-bucket.ts';
import { pinLogicalIds } from './pin-logical-ids.ts';
import { Reconciliation } from './reconciliation.ts';
import type { Settings } from './settings/settings.ts';
import { WebhookReceiver } from './webhook-receiver.ts';

/** Properties of the stack. */
export interface WebhookStackProps extends StackProps {
  settings: Settings;
}

/** Receiver, queue and keyring, with monitoring and outputs. */
export class WebhookStack extends Stack {
  constructor(scope: Construct, id: string, { settings, ...props }: WebhookStackProps) {
    super(scope, id, { description: 'MessageMedia webhooks, verified and queued', ...props });
    const { frontDoor, webAclArn, allowedIps, alarmTopicArn, silenceAlarmMinutes, runbookUrl } = settings;
    const encryptionKey = settings.customerManagedKey
      ? new Key(this, 'Key', { enableKeyRotation: true, removalPolicy: RemovalPolicy.RETAIN_ON_UPDATE_OR_DELETE })
      : undefined;
    const { queue, deadLetterQueue } = new EventQueue(this, 'Queue', { ordering: settings.ordering, encryptionKey });
    const keyring = new Keyring(this, 'Keyring', { encryptionKey });
    const overflowBucket = new OverflowBucket(this, 'Overflow', { encryptionKey });
    const kept = {
      EventQueue: queue,
      DeadLetterQueue: deadLetterQueue,
      Keyring: keyring,
      OverflowBucket: overflowBucket,
    };
    pinLogicalIds({ ...kept, Key: encryptionKey });
    const archive = createArchive(this, settings, { keyring, overflowBucket, encryptionKey });

    const receiver = new WebhookReceiver(this, 'Receiver', {
      queue,
      keyring,
      overflowBucket,
      archive,
      callbackPath: settings.callbackPath,
      timestampTolerance: Duration.seconds(settings.timestampToleranceSeconds),
      rest: frontDoor === 'rest' ? { webAclArn, allowedIps } : undefined,
      domain: importDomain(this, settings),
      throttle: { rateLimit: settings.throttleRateLimit, burstLimit: settings.throttleBurstLimit },
      reservedConcurrentExecutions: settings.reservedConcurrency,
      logRetention: settings.logRetentionDays,
      tracing: settings.tracing,
      encryptionKey,
    });
    const { rotation, reconciliation, apiCredentials } = callProvider(this, settings, receiver, encryptionKey);
    const { dashboard } = new Monitoring(this, 'Monitoring', {
      receiver,
      rotation,
      reconciliation,
      alarmTopic: alarmTopicArn === undefined ? undefined : Topic.fromTopicArn(this, 'AlarmTopic', alarmTopicArn),
      silence: silenceAlarmMinutes > 0 ? Duration.minutes(silenceAlarmMinutes) : undefined,
      runbookUrl,
    });
    const output = (name: string, value: string, description: string) =>
      new CfnOutput(this, name, { value, description });
    output(
      outputs.callbackUrl,
      receiver.callbackUrl,
      'Give this to MessageMedia as callback_url or as the url of a webhook',
    );
    output(outputs.queueUrl, queue.queueUrl, 'SQS queue of verified events');
    output(outputs.queueArn, queue.queueArn, 'The same queue, for event sources and policies');
    output(outputs.deadLetterQueueUrl, deadLetterQueue.queueUrl, 'Events that no consumer could handle');
    output(outputs.keyringSecretArn, keyring.secretArn, 'Secret that holds the public keys');
    output(outputs.overflowBucketName, overflowBucket.bucketName, 'Data of events that are too large for the queue');
    if (archive) {
      output(outputs.archiveBucketName, archive.bucket.bucketName, 'Archive of events and public keys');
      output(outputs.archiveQueueUrl, archive.queue.queueUrl, 'Messages that are sent to this queue are archived');
    }
    output(outputs.functionLogGroup, receiver.functionLog.logGroupName, 'Log with the events that arrived');
    output(outputs.accessLogGroup, receiver.accessLog.logGroup.logGroupName, 'Log with the answer to every request');
    if (rotation) output(outputs.rotationLogGroup, rotation.log.logGroupName, 'Log of the rotations');
    if (reconciliation) {
      output(
        outputs.reconciliationLogGroup,
        reconciliation.log.logGroupName,
        'Log with the events that were recovered',
      );
    }
    if (apiCredentials) {
      const description = "Secret for the credentials of MessageMedia's API that rotation and reconciliation need";
      output(outputs.apiCredentialsSecretArn, apiCredentials.secretArn, description);
    }
    if (encryptionKey) output(outputs.keyArn, encryptionKey.keyArn, 'KMS key for which consumers need kms:Decrypt');
    output(outputs.dashboardName, dashboard.dashboardName, 'CloudWatch dashboard');
    if (receiver.domainTarget)
      output(outputs.domainTarget, receiver.domainTarget, 'Target for the DNS record of domainName');
  }
}

function createArchive(
  scope: Construct,
  { archiveDays, archiveLock, logRetentionDays }: Settings,
  stack: Pick<ArchiveProps, 'keyring' | 'overflowBucket' | 'encryptionKey'>,
): Archive | undefined {
  if (archiveDays === 0) return undefined;
  const bucket = new ArchiveBucket(scope, 'ArchiveBucket', {
    retention: Duration.days(archiveDays),
    lock: archiveLock === 'off' ? undefined : archiveLock,
    encryptionKey: stack.encryptionKey,
  });
  pinLogicalIds({ ArchiveBucket: bucket });
  const archive = new Archive(scope, 'Archive', { ...stack, bucket, logRetention: logRetentionDays });
  pinLogicalIds({ ArchiveQueue: archive.queue, ArchiveDeadLetterQueue: archive.deadLetterQueue });
  return archive;
}

interface ProviderCallers {
  rotation?: KeyRotation | undefined;
  reconciliation?: Reconciliation | undefined;
  apiCredentials?: ApiCredentials;
}

/** The constructs that call MessageMedia's API, with one secret for both. */
function callProvider(
  scope: Construct,
  settings: Settings,
  receiver: WebhookReceiver,
  encryptionKey: IKey | undefined,
): ProviderCallers {
  const { rotationDays, reconcileMinutes } = settings;
  if (rotationDays === 0 && reconcileMinutes === 0) return {};
  const apiCredentials = new ApiCredentials(scope, 'ApiCredentials', { encryptionKey });
  // These ids are from a version in which only rotation had the secret. With other ids the stack would create a new,
  // empty secret, without the credentials that a person put in.
  pinLogicalIds({
    RotationApiCredentials44313B9B: apiCredentials,
    RotationApiCredentialsPolicy5B51366B: apiCredentials.node.findChild('Policy'),
  });
  const common = {
    apiCredentials,
    baseUrl: settings.messagemediaBaseUrl,
    logRetention: settings.logRetentionDays,
    encryptionKey,
  };
  return {
    apiCredentials,
    rotation:
      rotationDays === 0
        ? undefined
        : new KeyRotation(scope, 'Rotation', { ...common, keyring: receiver.keyring, everyDays: rotationDays }),
    reconciliation:
      reconcileMinutes === 0
        ? undefined
        : new Reconciliation(scope, 'Reconciliation', {
            ...common,
            receiver,
            every: Duration.minutes(reconcileMinutes),
            confirm: settings.reconcileConfirm,
          }),
  };
}

function importDomain(scope: Construct, settings: Settings): CustomDomainOptions | undefined {
  const { domainName, certificateArn, hostedZoneId } = settings;
  if (domainName === undefined || certificateArn === undefined) return undefined;
  const certificate = Certificate.fromCertificateArn(scope, 'Certificate', certificateArn);
  const hostedZone = hostedZoneId === undefined ? undefined : HostedZone.fromHostedZoneId(scope, 'Zone', hostedZoneId);
  return { domainName, certificate, hostedZone };
}
