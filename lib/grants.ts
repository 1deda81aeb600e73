import { Stack } from 'aws-cdk-lib';
import { Grant, type IGrantable, Policy, PolicyStatement, type Role } from 'aws-cdk-lib/aws-iam';
import type { IKey } from 'aws-cdk-lib/aws-kms';
import type { IBucket } from 'aws-cdk-lib/aws-s3';
import type { ISecret } from 'aws-cdk-lib/aws-secretsmanager';
import type { IQueue } from 'aws-cdk-lib/aws-sqs';
import type { IConstruct } from 'constructs';
import { acknowledge } from './acknowledge.ts';
import { expectHere, expectKey } from './brought-resource.ts';

/** Where events go. */
export interface EventTarget {
  readonly queue: IQueue;
  /** Gets the data of events that are too large for the queue. */
  readonly overflowBucket: IBucket;
  /** Is encrypted with the queue's key as well. */
  readonly deadLetterQueue?: IQueue | undefined;
  /** Gets every event as well. */
  readonly archive?: { grantWrite: (role: Role) => void; environment: Record<string, string> } | undefined;
}

/** Lets a role send events to the queue and the archive, and put the data of large ones into the bucket, and nothing else. */
export function grantSendEvents(role: Role, { queue, overflowBucket, deadLetterQueue, archive }: EventTarget): void {
  expectHere(role, 'Queue', { arn: queue.queueArn, env: queue.env }, ['region']);
  expectHere(role, 'Bucket', { arn: overflowBucket.bucketArn, env: overflowBucket.env }, ['region']);
  const queues: IConstruct[] = deadLetterQueue === undefined ? [queue] : [queue, deadLetterQueue];
  // The constructs' own grants would also allow calls that a function never makes, such as reading attributes.
  Grant.addToPrincipal({ grantee: role, actions: ['sqs:SendMessage'], resourceArns: [queue.queueArn] });
  grantKeyThrough(role, queue.encryptionMasterKey, 'sqs', ['kms:GenerateDataKey', 'kms:Decrypt'], ...queues);
  const objects = [overflowBucket.arnForObjects('*')];
  Grant.addToPrincipal({ grantee: role, actions: ['s3:PutObject'], resourceArns: objects });
  grantKeyThrough(role, overflowBucket.encryptionKey, 's3', ['kms:GenerateDataKey'], overflowBucket);
  acknowledgeObjects(role, overflowBucket);
  archive?.grantWrite(role);
}

/** Lets a role read the keyring's current value, and nothing else of it: the CDK's own grant would also let it describe the secret. */
export function grantReadKeyring(role: Role, keyring: ISecret): void {
  expectHere(role, 'Keyring', { arn: keyring.secretArn, env: keyring.env }, ['region']);
  const actions = ['secretsmanager:GetSecretValue'];
  Grant.addToPrincipal({ grantee: role, actions, resourceArns: [keyringArnOf(keyring)] });
  grantKeyThrough(role, keyring.encryptionKey, 'secretsmanager', ['kms:Decrypt'], keyring);
}

/** The keyring's ARN for a policy. Secrets Manager adds six characters to a name, which an import by name does not know. */
export function keyringArnOf({ secretFullArn, secretArn }: ISecret): string {
  return secretFullArn ?? `${secretArn}-??????`;
}

const policyId = 'KeyUse';

/**
 * Lets a role use a key through one service only, because our functions never call KMS themselves. The grant has its own
 * policy, which names only the key. So it can exist before anything is encrypted with the key, and on a live stack the
 * function keeps working while its queue and its secrets get a key.
 *
 * @param encrypted what the key encrypts; constructs in the role's stack are changed after the grant
 */
export function grantKeyThrough(
  role: Role,
  key: IKey | undefined,
  service: string,
  actions: string[],
  ...encrypted: IConstruct[]
): void {
  if (key === undefined) return;
  expectKey(role, key);
  const found = role.node.tryFindChild(policyId);
  const policy = found instanceof Policy ? found : new Policy(role, policyId, { roles: [role] });
  // It ends in the domain of AWS, which is another in other partitions. Which one KMS means in China is not documented.
  const conditions = { StringLike: { 'kms:ViaService': `${service}.${Stack.of(role).region}.*` } };
  policy.addStatements(new PolicyStatement({ actions, resources: [key.keyArn], conditions }));
  // Another stack is deployed completely before or after this one.
  const own = encrypted.filter((construct) => Stack.of(construct) === Stack.of(role));
  for (const construct of own) construct.node.addDependency(policy);
}

/**
 * Tells cdk-nag that a role's grant for every object below a prefix cannot be narrower.
 *
 * @param prefixes as the grant has them; nothing for the whole bucket
 */
export function acknowledgeObjects(role: Role, bucket: IBucket, ...prefixes: string[]): void {
  const reason =
    'Objects are named by the hash of their content, by time, or at random, so their names are not known in advance.';
  for (const prefix of prefixes.length === 0 ? [''] : prefixes) {
    acknowledgeResource(role, bucket.arnForObjects(`${prefix}*`), reason);
  }
}

/** Tells cdk-nag why a role's grant has a wildcard. */
export function acknowledgeResource(role: Role, arn: string, reason: string): void {
  acknowledge(role, { id: `AwsSolutions-IAM5[Resource::${textOf(Stack.of(role).resolve(arn))}]`, reason });
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
