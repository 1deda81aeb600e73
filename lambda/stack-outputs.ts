/** Names of the stack's outputs. */
export const outputs = {
  callbackUrl: 'CallbackUrl',
  queueUrl: 'QueueUrl',
  queueArn: 'QueueArn',
  deadLetterQueueUrl: 'DeadLetterQueueUrl',
  keyringSecretArn: 'KeyringSecretArn',
  overflowBucketName: 'OverflowBucketName',
  archiveBucketName: 'ArchiveBucketName',
  archiveQueueUrl: 'ArchiveQueueUrl',
  apiCredentialsSecretArn: 'ApiCredentialsSecretArn',
  functionLogGroup: 'FunctionLogGroup',
  accessLogGroup: 'AccessLogGroup',
  rotationLogGroup: 'RotationLogGroup',
  reconciliationLogGroup: 'ReconciliationLogGroup',
  dashboardName: 'DashboardName',
  domainTarget: 'DomainTarget',
  keyArn: 'KeyArn',
} as const;
