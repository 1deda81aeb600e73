import { RemovalPolicy, Stack } from 'aws-cdk-lib';
import { PolicyStatement, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import type { IKey } from 'aws-cdk-lib/aws-kms';
import { LogGroup, RetentionDays } from 'aws-cdk-lib/aws-logs';
import type { Construct } from 'constructs';
import { expectKey } from './brought-resource.ts';

/** How a log is kept and encrypted. */
export interface LogOptions {
  /**
   * How long logs are kept.
   * @default RetentionDays.ONE_MONTH
   */
  readonly logRetention?: RetentionDays;
  /**
   * Encrypts the logs, and what else the construct creates. It adds a statement for CloudWatch Logs to the key's policy; for
   * an imported key you must add it yourself.
   * @default - keys that AWS owns, at no charge
   */
  readonly encryptionKey?: IKey;
}

/** A log of its own, which goes with the stack. CloudWatch Logs may use its key. */
export function createLog(scope: Construct, id: string, { logRetention, encryptionKey }: LogOptions): LogGroup {
  if (encryptionKey) allowLogs(encryptionKey, Stack.of(scope));
  return new LogGroup(scope, id, {
    retention: logRetention ?? RetentionDays.ONE_MONTH,
    encryptionKey,
    removalPolicy: RemovalPolicy.DESTROY,
  });
}

/**
 * Lets CloudWatch Logs use a key for the logs of the stack's account and region. The policy of the key cannot name the
 * log groups themselves, because they already name the key. In a key's policy, `*` is only that key.
 */
function allowLogs(key: IKey, stack: Stack): void {
  expectKey(stack, key);
  const { partition, region, account, urlSuffix } = stack;
  const logGroups = `arn:${partition}:logs:${region}:${account}:log-group:*`;
  key.addToResourcePolicy(
    new PolicyStatement({
      principals: [new ServicePrincipal(`logs.${region}.${urlSuffix}`)],
      actions: ['kms:Encrypt*', 'kms:Decrypt*', 'kms:ReEncrypt*', 'kms:GenerateDataKey*', 'kms:Describe*'],
      resources: ['*'],
      conditions: { ArnLike: { 'kms:EncryptionContext:aws:logs:arn': logGroups } },
    }),
  );
}
