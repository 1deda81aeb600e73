import { Stack } from 'aws-cdk-lib';
import { Grant, type Role } from 'aws-cdk-lib/aws-iam';
import type { IKey } from 'aws-cdk-lib/aws-kms';

/** Lets a role use a key through one service alone: our functions never call KMS themselves. */
export function grantKeyThrough(role: Role, key: IKey | undefined, service: string, actions: string[]): void {
  if (key === undefined) return;
  const conditions = { StringEquals: { 'kms:ViaService': `${service}.${Stack.of(role).region}.amazonaws.com` } };
  Grant.addToPrincipal({ grantee: role, actions, resourceArns: [key.keyArn], conditions });
}
