import { CfnElement, Stack, Validations } from 'aws-cdk-lib';
import type { Role } from 'aws-cdk-lib/aws-iam';
import type { IBucket } from 'aws-cdk-lib/aws-s3';

/**
 * Says to cdk-nag that a role's grant for every object below a prefix is as narrow as it gets.
 *
 * @param prefixes as the grant has them; nothing for the whole bucket
 */
export function acknowledgeObjects(role: Role, bucket: IBucket, ...prefixes: string[]): void {
  const resource = bucket.node.defaultChild;
  const bucketId = CfnElement.isCfnElement(resource) ? Stack.of(role).resolve(resource.logicalId) : '';
  const reason = 'Objects are named by the hash of their content, by time, or by chance: nobody knows a name before.';
  for (const prefix of prefixes.length === 0 ? [''] : prefixes) {
    Validations.of(role).acknowledge({ id: `AwsSolutions-IAM5[Resource::<${bucketId}.Arn>/${prefix}*]`, reason });
  }
}
