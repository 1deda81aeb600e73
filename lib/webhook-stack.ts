import { CfnResource, Duration, RemovalPolicy, Stack, type StackProps } from 'aws-cdk-lib';
import { Certificate } from 'aws-cdk-lib/aws-certificatemanager';
import { type IKey, Key } from 'aws-cdk-lib/aws-kms';
import { HostedZone } from 'aws-cdk-lib/aws-route53';
import { Topic } from 'aws-cdk-lib/aws-sns';
import type { Construct, IConstruct } from 'constructs';
import { ApiCredentials } from './api-credentials.ts';
import { Archive, type ArchiveProps } from './archive/archive.ts';
import { ArchiveBucket } from './archive/archive-bucket.ts';
import { EventQueue } from './event-queue.ts';
import type { CustomDomainOptions } from './front-door/custom-domain.ts';
import { KeyRotation } from './key-rotation.ts';
import { Keyring } from './keyring.ts';
import { Monitoring } from './monitoring/monitoring.ts';
import { addOutputs } from './outputs.ts';
import { OverflowBucket } from './overflow-bucket.ts';
import { Reconciliation } from './reconciliation.ts';
import type { Settings } from './settings/settings.ts';
import { WebhookReceiver } from './webhook-receiver.ts';

/** Properties of the stack. */
export interface WebhookStackProps extends StackProps {
  readonly settings: Settings;
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
    const { rotation, reconciliation } = callProvider(this, settings, receiver, encryptionKey);
    const { dashboard } = new Monitoring(this, 'Monitoring', {
      receiver,
      rotation,
      reconciliation,
      alarmTopic: alarmTopicArn === undefined ? undefined : Topic.fromTopicArn(this, 'AlarmTopic', alarmTopicArn),
      silence: silenceAlarmMinutes > 0 ? Duration.minutes(silenceAlarmMinutes) : undefined,
      runbookUrl,
    });
    addOutputs(receiver, { rotation, reconciliation, dashboard }, '');
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

/** The constructs that call MessageMedia's API, with one secret for both. */
function callProvider(
  scope: Construct,
  settings: Settings,
  receiver: WebhookReceiver,
  encryptionKey: IKey | undefined,
) {
  const { rotationDays, reconcileMinutes } = settings;
  if (rotationDays === 0 && reconcileMinutes === 0) return {};
  const apiCredentials = new ApiCredentials(scope, 'ApiCredentials', { encryptionKey });
  pinLogicalIds({ ApiCredentials: apiCredentials });
  const common = {
    apiCredentials,
    baseUrl: settings.messagemediaBaseUrl,
    logRetention: settings.logRetentionDays,
    encryptionKey,
  };
  const { keyring } = receiver;
  const every = Duration.minutes(reconcileMinutes);
  const reconciling = { ...common, receiver, every, confirm: settings.reconcileConfirm };
  return {
    rotation:
      rotationDays > 0
        ? new KeyRotation(scope, 'Rotation', { ...common, keyring, every: Duration.days(rotationDays) })
        : undefined,
    reconciliation: reconcileMinutes > 0 ? new Reconciliation(scope, 'Reconciliation', reconciling) : undefined,
  };
}

function importDomain(scope: Construct, settings: Settings): CustomDomainOptions | undefined {
  const { domainName, certificateArn, hostedZoneId } = settings;
  if (domainName === undefined || certificateArn === undefined) return undefined;
  const certificate = Certificate.fromCertificateArn(scope, 'Certificate', certificateArn);
  const hostedZone = hostedZoneId === undefined ? undefined : HostedZone.fromHostedZoneId(scope, 'Zone', hostedZoneId);
  return { domainName, certificate, hostedZone };
}

/**
 * Fixes logical ids of a stack. By default they are made from the path of a construct, which any refactoring changes. With
 * another logical id CloudFormation would replace a resource that holds data by a new, empty one.
 *
 * @param constructs by the logical id that each gets; `undefined` values are skipped
 */
function pinLogicalIds(constructs: Record<string, IConstruct | undefined>): void {
  for (const [logicalId, construct] of Object.entries(constructs)) {
    const resource = construct?.node.defaultChild;
    if (CfnResource.isCfnResource(resource)) resource.overrideLogicalId(logicalId);
  }
}
