import { Stack } from 'aws-cdk-lib';
import { Policy, PolicyStatement, type Role } from 'aws-cdk-lib/aws-iam';
import type { IKey } from 'aws-cdk-lib/aws-kms';
import type { IConstruct } from 'constructs';

const policyId = 'KeyUse';

/**
 * Lets a role use a key through one service alone: our functions never call KMS themselves. The grant is in a policy of
 * its own that names nothing but the key, so that it can be there before anything is encrypted with the key: on a live
 * stack the function goes on working while its queue and its secrets get one.
 *
 * @param encrypted what the key encrypts; what of it is in the role's stack changes after the grant
 */
export function grantKeyThrough(
  role: Role,
  key: IKey | undefined,
  service: string,
  actions: string[],
  ...encrypted: IConstruct[]
): void {
  if (key === undefined) return;
  const found = role.node.tryFindChild(policyId);
  const policy = found instanceof Policy ? found : new Policy(role, policyId, { roles: [role] });
  const conditions = { StringEquals: { 'kms:ViaService': `${service}.${Stack.of(role).region}.amazonaws.com` } };
  policy.addStatements(new PolicyStatement({ actions, resources: [key.keyArn], conditions }));
  // Another stack is deployed before or after this one as a whole.
  const own = encrypted.filter((construct) => Stack.of(construct) === Stack.of(role));
  for (const construct of own) construct.node.addDependency(policy);
}
