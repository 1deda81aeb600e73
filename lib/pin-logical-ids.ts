import { CfnResource } from 'aws-cdk-lib';
import type { IConstruct } from 'constructs';

/**
 * Fixes logical ids of a stack. With another logical id CloudFormation would put a new, empty resource in the place of
 * the one that holds data, and today's are made from the path of a construct, which any refactoring changes.
 *
 * @param constructs by the logical id that each is to have; what is `undefined` is left out
 */
export function pinLogicalIds(constructs: Record<string, IConstruct | undefined>): void {
  for (const [logicalId, construct] of Object.entries(constructs)) {
    const resource = construct?.node.defaultChild;
    if (CfnResource.isCfnResource(resource)) resource.overrideLogicalId(logicalId);
  }
}
