import { Stack } from 'aws-cdk-lib';
import { Policy, PolicyStatement, type Role } from 'aws-cdk-lib/aws-iam';
import type { IKey } from 'aws-cdk-lib/aws-kms';
import type { IConstruct } from 'constructs';
import { expectKey } from './brought-resource.ts';

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
  const conditions = { StringEquals: { 'kms:ViaService': `${service}.${Stack.of(role).region}.amazonaws.com` } };
  policy.addStatements(new PolicyStatement({ actions, resources: [key.keyArn], conditions }));
  // Another stack is deployed completely before or after this one.
  const own = encrypted.filter((construct) => Stack.of(construct) === Stack.of(role));
  for (const construct of own) construct.node.addDependency(policy);
}
