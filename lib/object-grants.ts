import { Stack, Validations } from 'aws-cdk-lib';
import { Grant, type IGrantable, type Role } from 'aws-cdk-lib/aws-iam';
import type { IBucket } from 'aws-cdk-lib/aws-s3';

/**
 * Tells cdk-nag that a role's grant for every object below a prefix cannot be narrower.
 *
 * @param prefixes as the grant has them; nothing for the whole bucket
 */
export function acknowledgeObjects(role: Role, bucket: IBucket, ...prefixes: string[]): void {
  const arn = textOf(Stack.of(role).resolve(bucket.bucketArn));
  const reason =
    'Objects are named by the hash of their content, by time, or at random, so their names are not known in advance.';
  for (const prefix of prefixes.length === 0 ? [''] : prefixes) {
    Validations.of(role).acknowledge({ id: `AwsSolutions-IAM5[Resource::${arn}/${prefix}*]`, reason });
  }
}

/** The shape of a SHA-256 in hex, which is the key of the data of a large event. */
const anyDataKey = '?'.repeat(64);

/**
 * Lets somebody read the data of large events. Without the permission to list, S3 says of missing data that access is denied.
 * For that question S3 takes the object's key as the prefix, so a whole key is the only prefix that may be listed.
 */
export function grantReadData(grantee: IGrantable, bucket: IBucket): Grant {
  const read = { actions: ['s3:GetObject'], resourceArns: [bucket.arnForObjects('*')] };
  const conditions = { StringLike: { 's3:prefix': anyDataKey } };
  const list = { actions: ['s3:ListBucket'], resourceArns: [bucket.bucketArn], conditions };
  return Grant.addToPrincipal({ grantee, ...read }).combine(Grant.addToPrincipal({ grantee, ...list }));
}

/** A resolved ARN as cdk-nag writes it. That of an imported bucket has its name, and perhaps the partition of the stack. */
function textOf(arn: unknown): string {
  if (typeof arn === 'string') return arn;
  const parts = arn as { Ref?: string; 'Fn::GetAtt'?: string[]; 'Fn::Join'?: [string, unknown[]] };
  const [separator = '', joined] = parts['Fn::Join'] ?? [];
  return joined ? joined.map(textOf).join(separator) : `<${parts.Ref ?? parts['Fn::GetAtt']?.join('.')}>`;
}
