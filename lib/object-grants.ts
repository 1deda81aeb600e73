import { CfnElement, Stack, Validations } from 'aws-cdk-lib';
import type { Role } from 'aws-cdk-lib/aws-iam';
import type { IBucket } from 'aws-cdk-lib/aws-s3';

/**
 * Tells cdk-nag that a role's grant for every object below a prefix cannot be narrower.
 *
 * @param prefixes as the grant has them; nothing for the whole bucket
 */
export function acknowledgeObjects(role: Role, bucket: IBucket, ...prefixes: string[]): void {
  const resource = bucket.node.defaultChild;
  const bucketId = CfnElement.isCfnElement(resource) ? Stack.of(role).resolve(resource.logicalId) : '';
  const reason =
    'Objects are named by the hash of their content, by time, or at random, so their names are not known in advance.';
  for (const prefix of prefixes.length === 0 ? [''] : prefixes) {
    Validations.of(role).acknowledge({ id: `AwsSolutions-IAM5[Resource::<${bucketId}.Arn>/${prefix}*]`, reason });
  }
}
