import { describe, expect, test } from '@jest/globals';
import { changes } from './changes.ts';
import { choices, combinations, without } from './settings/combinations.ts';
import { type Context, samples, stackOf } from './support.ts';

const rest = { frontDoor: 'rest' };
const alarms = [
  'DeadLetters',
  'EnqueueFailures',
  'KeyringFailures',
  'MoreDeadLetters',
  'OldestEvent',
  'RefusedWebhooks',
  'RequestThrottles',
  'ServerErrors',
  'StorageFailures',
  'UnidentifiedEvents',
  'UnreadableEvents',
  'UnsignedRequests',
];

/** The changes by a REST API in place of an HTTP API, for any callback URL. */
const restForHttp = [
  '+ ReceiverRestApi',
  '+ ReceiverRestApiAccount',
  '+ ReceiverRestApiCloudWatchRole',
  '+ ReceiverRestApiDeployment',
  '+ ReceiverRestApiDeploymentStageprod',
  '+ ReceiverRestApimessagemedia',
  '+ ReceiverRestApimessagemediaANY',
  '+ ReceiverRestApimessagemediaANYApiPermissionTestReceiverRestApi3C3B07A4ANYmessagemedia',
  '- ReceiverHttpApi',
  '- ReceiverHttpApiANYmessagemedia',
  '- ReceiverHttpApiANYmessagemediaIntegration',
  '- ReceiverHttpApiANYmessagemediaIntegrationPermission',
  '- ReceiverHttpStage',
  '~ MonitoringAlarmsServerErrors.Dimensions',
  '~ MonitoringAlarmsServerErrors.MetricName',
  '~ MonitoringDashboard.DashboardBody',
];

const customerManagedKey = [
  '+ Key',
  '+ ReceiverFunctionHandlerRoleKeyUse',
  '+ output KeyArn',
  '~ DeadLetterQueue.DependsOn',
  '~ DeadLetterQueue.KmsMasterKeyId',
  '~ DeadLetterQueue.SqsManagedSseEnabled',
  '~ EventQueue.DependsOn',
  '~ EventQueue.KmsMasterKeyId',
  '~ EventQueue.SqsManagedSseEnabled',
  '~ Keyring.DependsOn',
  '~ Keyring.KmsKeyId',
  '~ OverflowBucket.BucketEncryption',
  '~ OverflowBucket.DependsOn',
  '~ OverflowPolicy.DependsOn',
  '~ QueueDeadLettersPolicy.DependsOn',
  '~ QueueEventsPolicy.DependsOn',
  '~ ReceiverAccessLogGroup.KmsKeyId',
  '~ ReceiverFunctionHandlerFunction.DependsOn',
  '~ ReceiverFunctionLog.KmsKeyId',
];

const reconciliation = [
  '+ MonitoringAlarmsReconciliationFailures',
  '+ MonitoringAlarmsHiddenEvents',
  '+ MonitoringAlarmsRecoveredEvents',
  '+ ReconciliationLog',
  '+ ReconciliationReconcileFunction',
  '+ ReconciliationReconcileFunctionEventInvokeConfig',
  '+ ReconciliationReconcileRole',
  '+ ReconciliationReconcileRoleDefaultPolicy',
  '+ ReconciliationSchedule',
  '+ ReconciliationScheduleAllowEventRuleTestReconciliationReconcileFunction0D22CABF',
  '+ output ReconciliationLogGroup',
  '~ MonitoringDashboard.DashboardBody',
  '~ MonitoringQueriesFailures.LogGroupNames',
  '~ MonitoringQueriesStory.LogGroupNames',
];

const archive = [
  '+ ArchiveBucket',
  '+ ArchiveBucketPolicy',
  '+ ArchiveDeadLetterQueue',
  '+ ArchiveFunctionHandlerFunction',
  '+ ArchiveFunctionHandlerFunctionEventInvokeConfig',
  '+ ArchiveFunctionHandlerRole',
  '+ ArchiveFunctionHandlerRoleDefaultPolicy',
  '+ ArchiveFunctionSchedule',
  '+ ArchiveFunctionScheduleAllowEventRuleTestArchiveFunctionHandlerFunctionD0C2D464',
  '+ ArchiveFunctionSource',
  '+ ArchiveLog',
  '+ ArchiveQueue',
  '+ ArchiveQueueDeadLettersPolicy',
  '+ ArchiveQueueEventsPolicy',
  '+ ArchiveStreamsLog',
  '+ ArchiveStreamsRole',
  '+ ArchiveStreamsRoleDefaultPolicy',
  '+ ArchiveStreamsdeliveryreport',
  '+ ArchiveStreamsoptout',
  '+ ArchiveStreamsreply',
  '+ ArchiveStreamswebhook',
  '+ MonitoringAlarmsArchiveDeadLetters',
  '+ MonitoringAlarmsArchiveDelayedDeliveryReport',
  '+ MonitoringAlarmsArchiveDelayedOptOut',
  '+ MonitoringAlarmsArchiveDelayedQueue',
  '+ MonitoringAlarmsArchiveDelayedReply',
  '+ MonitoringAlarmsArchiveDelayedWebhook',
  '+ MonitoringAlarmsArchiveFailed',
  '+ MonitoringAlarmsArchiveKeysFailed',
  '+ MonitoringAlarmsArchiveMoreDeadLetters',
  '+ output ArchiveBucketName',
  '+ output ArchiveQueueUrl',
  '~ MonitoringDashboard.DashboardBody',
  '~ MonitoringQueriesFailures.LogGroupNames',
  '~ ReceiverFunctionHandlerFunction.Environment',
  '~ ReceiverFunctionHandlerRoleDefaultPolicy.PolicyDocument',
];

/** Each setting with its start, its `-c` options, and all its changes. */
const changesOf: [name: string, base: Context, context: Context, expected: string[]][] = [
  [
    'callbackPath',
    {},
    { callbackPath: '/a/b' },
    [
      '+ ReceiverHttpApiANYab',
      '+ ReceiverHttpApiANYabIntegration',
      '+ ReceiverHttpApiANYabIntegrationPermission',
      '- ReceiverHttpApiANYmessagemedia',
      '- ReceiverHttpApiANYmessagemediaIntegration',
      '- ReceiverHttpApiANYmessagemediaIntegrationPermission',
      '~ output CallbackUrl',
    ],
  ],
  [
    'ordering',
    {},
    { ordering: 'standard' },
    ['DeadLetterQueue', 'EventQueue'].flatMap((queue) =>
      ['DeduplicationScope', 'FifoQueue', 'FifoThroughputLimit'].map((property) => `~ ${queue}.${property}`),
    ),
  ],
  [
    'timestampToleranceSeconds',
    {},
    { timestampToleranceSeconds: '60' },
    ['~ ReceiverFunctionHandlerFunction.Environment'],
  ],
  ['frontDoor', {}, rest, [...restForHttp, '~ output CallbackUrl']],
  [
    'frontDoor behind a domain, whose URL stays',
    samples.domain,
    rest,
    [
      ...restForHttp,
      '~ ReceiverDomainMapping.ApiId',
      '~ ReceiverDomainMapping.DependsOn',
      '~ ReceiverDomainMapping.Stage',
    ],
  ],
  [
    'domainName and certificateArn',
    {},
    samples.domain,
    [
      '+ MonitoringAlarmsCertificateExpiry',
      '+ ReceiverDomainMapping',
      '+ ReceiverDomainName',
      '+ output DomainTarget',
      '~ MonitoringDashboard.DashboardBody',
      '~ output CallbackUrl',
    ],
  ],
  ['hostedZoneId', samples.domain, samples.hostedZone, ['+ ReceiverDomainRecord']],
  ['webAclArn', rest, samples.webAcl, ['+ ReceiverRestWebAcl']],
  [
    'allowedIps',
    rest,
    samples.allowedIps,
    [
      '+ ReceiverRestApiDeployment',
      '- ReceiverRestApiDeployment',
      '~ ReceiverRestApi.Policy',
      '~ ReceiverRestApiDeploymentStageprod.DeploymentId',
    ],
  ],
  ['throttleRateLimit', {}, { throttleRateLimit: '50' }, ['~ ReceiverHttpStage.DefaultRouteSettings']],
  ['throttleBurstLimit', {}, { throttleBurstLimit: '60' }, ['~ ReceiverHttpStage.DefaultRouteSettings']],
  [
    'throttleRateLimit of a REST API',
    rest,
    { throttleRateLimit: '50' },
    ['~ ReceiverRestApiDeploymentStageprod.MethodSettings'],
  ],
  [
    'throttleBurstLimit of a REST API',
    rest,
    { throttleBurstLimit: '60' },
    ['~ ReceiverRestApiDeploymentStageprod.MethodSettings'],
  ],
  [
    'reservedConcurrency',
    {},
    { reservedConcurrency: '5' },
    ['~ ReceiverFunctionHandlerFunction.ReservedConcurrentExecutions'],
  ],
  [
    'logRetentionDays',
    {},
    { logRetentionDays: '7' },
    ['~ ReceiverAccessLogGroup.RetentionInDays', '~ ReceiverFunctionLog.RetentionInDays'],
  ],
  [
    'rotationDays',
    {},
    { rotationDays: '30' },
    [
      '+ MonitoringAlarmsRotationFailures',
      '+ RotationApiCredentials',
      '+ RotationApiCredentialsPolicy',
      '+ RotationCheck',
      '+ RotationCheckAllowEventRuleTestRotationRotateFunctionF47ABC22',
      '+ RotationLog',
      '+ RotationRotateFunction',
      '+ RotationRotateFunctionInvoke',
      '+ RotationRotateRole',
      '+ RotationRotateRoleDefaultPolicy',
      '+ RotationSchedule',
      '+ output ApiCredentialsSecretArn',
      '+ output RotationLogGroup',
      '~ MonitoringDashboard.DashboardBody',
    ],
  ],
  [
    'reconcileMinutes',
    {},
    { reconcileMinutes: '15' },
    [
      ...reconciliation,
      '+ RotationApiCredentials',
      '+ RotationApiCredentialsPolicy',
      '+ output ApiCredentialsSecretArn',
    ].sort(),
  ],
  [
    'reconcileMinutes beside rotation, which has credentials already',
    { rotationDays: '30' },
    { reconcileMinutes: '15' },
    [...reconciliation, '~ RotationApiCredentialsPolicy.ResourcePolicy'].sort(),
  ],
  [
    'reconcileConfirm',
    { reconcileMinutes: '15' },
    { reconcileConfirm: 'true' },
    ['~ ReconciliationReconcileFunction.Environment'],
  ],
  [
    'messagemediaBaseUrl',
    { rotationDays: '30' },
    { messagemediaBaseUrl: 'eu' },
    ['~ RotationRotateFunction.Environment'],
  ],
  [
    'logRetentionDays of rotation',
    { rotationDays: '30' },
    { logRetentionDays: '7' },
    [
      '~ ReceiverAccessLogGroup.RetentionInDays',
      '~ ReceiverFunctionLog.RetentionInDays',
      '~ RotationLog.RetentionInDays',
    ],
  ],
  [
    'customerManagedKey of rotation',
    { rotationDays: '30' },
    { customerManagedKey: 'true' },
    [
      ...customerManagedKey,
      '+ RotationRotateRoleKeyUse',
      '~ RotationApiCredentials.DependsOn',
      '~ RotationApiCredentials.KmsKeyId',
      '~ RotationApiCredentialsPolicy.DependsOn',
      '~ RotationLog.KmsKeyId',
      '~ RotationRotateFunction.DependsOn',
    ].sort(),
  ],
  [
    'customerManagedKey of reconciliation',
    { reconcileMinutes: '15' },
    { customerManagedKey: 'true' },
    [
      ...customerManagedKey,
      '+ ReconciliationReconcileRoleKeyUse',
      '~ ReconciliationLog.KmsKeyId',
      '~ ReconciliationReconcileFunction.DependsOn',
      '~ RotationApiCredentials.DependsOn',
      '~ RotationApiCredentials.KmsKeyId',
      '~ RotationApiCredentialsPolicy.DependsOn',
    ].sort(),
  ],
  ['archiveDays', {}, { archiveDays: '400' }, archive],
  [
    'archiveDays beside reconciliation, which archives as well',
    { reconcileMinutes: '15' },
    { archiveDays: '400' },
    [
      ...archive,
      '~ ReconciliationReconcileFunction.Environment',
      '~ ReconciliationReconcileRoleDefaultPolicy.PolicyDocument',
    ],
  ],
  [
    'archiveDays, another number',
    { archiveDays: '400' },
    { archiveDays: '30' },
    ['~ ArchiveBucket.LifecycleConfiguration'],
  ],
  [
    'archiveLock',
    { archiveDays: '400' },
    { archiveLock: 'governance' },
    ['LifecycleConfiguration', 'ObjectLockConfiguration', 'ObjectLockEnabled', 'VersioningConfiguration'].map(
      (property) => `~ ArchiveBucket.${property}`,
    ),
  ],
  [
    'logRetentionDays of an archive',
    { archiveDays: '400' },
    { logRetentionDays: '7' },
    [
      '~ ArchiveLog.RetentionInDays',
      '~ ReceiverAccessLogGroup.RetentionInDays',
      '~ ReceiverFunctionLog.RetentionInDays',
    ],
  ],
  [
    'customerManagedKey of an archive',
    { archiveDays: '400' },
    { customerManagedKey: 'true' },
    [
      ...customerManagedKey,
      '+ ArchiveFunctionHandlerRoleKeyUse',
      '+ ArchiveStreamsRoleKeyUse',
      '~ ArchiveBucket.BucketEncryption',
      '~ ArchiveBucket.DependsOn',
      '~ ArchiveBucketPolicy.DependsOn',
      '~ ArchiveFunctionHandlerFunction.DependsOn',
      '~ ArchiveLog.KmsKeyId',
      '~ ArchiveQueueDeadLettersPolicy.DependsOn',
      '~ ArchiveQueueEventsPolicy.DependsOn',
      ...['ArchiveDeadLetterQueue', 'ArchiveQueue'].flatMap((queue) =>
        ['DependsOn', 'KmsMasterKeyId', 'SqsManagedSseEnabled'].map((property) => `~ ${queue}.${property}`),
      ),
      ...['deliveryreport', 'optout', 'reply', 'webhook'].map(
        (type) => `~ ArchiveStreams${type}.DeliveryStreamEncryptionConfigurationInput`,
      ),
    ].sort(),
  ],
  [
    'tracing',
    {},
    { tracing: 'false' },
    ['~ ReceiverFunctionHandlerFunction.TracingConfig', '~ ReceiverFunctionHandlerRoleDefaultPolicy.PolicyDocument'],
  ],
  ['customerManagedKey', {}, { customerManagedKey: 'true' }, customerManagedKey],
  [
    'alarmTopicArn',
    {},
    samples.alarmTopic,
    alarms.flatMap((alarm) => [
      `~ MonitoringAlarms${alarm}.AlarmActions`,
      ...(alarm === 'MoreDeadLetters' ? [] : [`~ MonitoringAlarms${alarm}.OKActions`]),
    ]),
  ],
  [
    'alarmTopicArn with a domain',
    samples.domain,
    samples.alarmTopic,
    [...alarms, 'CertificateExpiry']
      .sort()
      .flatMap((alarm) => [
        `~ MonitoringAlarms${alarm}.AlarmActions`,
        ...(alarm === 'MoreDeadLetters' ? [] : [`~ MonitoringAlarms${alarm}.OKActions`]),
      ]),
  ],
  [
    'silenceAlarmMinutes',
    {},
    { silenceAlarmMinutes: '60' },
    ['+ MonitoringAlarmsSilence', '~ MonitoringDashboard.DashboardBody'],
  ],
  [
    'runbookUrl',
    {},
    { runbookUrl: 'https://wiki.example.com/alarms' },
    alarms.map((alarm) => `~ MonitoringAlarms${alarm}.AlarmDescription`),
  ],
];

describe('a setting changes what it should and nothing else', () => {
  test.each(changesOf)('%s', (_name, base, context, expected) => {
    expect(changes(stackOf(base).json, stackOf({ ...base, ...context }).json)).toEqual(expected);
  });

  // Together with another choice it may change less, but nothing that it does not change alone.
  test.each(choices)('$name, in every combination', (choice) => {
    const known = changesOf.flatMap(([, , made, lines]) =>
      Object.keys(made).some((key) => key in choice.context) ? lines : [],
    );
    for (const combination of combinations) {
      const other = without(combination, choice);
      if (!other) continue;
      const found = changes(stackOf(other.context).json, stackOf(combination.context).json);
      expect({ combination: combination.name, unknown: found.filter((line) => !known.includes(line)) }).toEqual({
        combination: combination.name,
        unknown: [],
      });
      expect(found).not.toEqual([]);
    }
  });
});
