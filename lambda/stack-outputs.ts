/** Names of a receiver's outputs. In a stack of somebody else each begins with the receiver's prefix. */
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

/**
 * What the names of a receiver's outputs begin with, because CloudFormation takes only letters and digits.
 *
 * @param path of the receiver in its stack, such as `Nested/Marketing`
 */
export function prefixOf(path: string): string {
  return path.replace(/[^A-Za-z0-9]/g, '');
}
