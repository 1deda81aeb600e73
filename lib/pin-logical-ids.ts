import { CfnResource } from 'aws-cdk-lib';
import type { IConstruct } from 'constructs';

/**
 * Fixes logical ids of a stack. By default they are made from the path of a construct, which any refactoring changes. With
 * another logical id CloudFormation would replace a resource that holds data by a new, empty one.
 *
 * @param constructs by the logical id that each gets; `undefined` values are skipped
 */
export function pinLogicalIds(constructs: Record<string, IConstruct | undefined>): void {
  for (const [logicalId, construct] of Object.entries(constructs)) {
    const resource = construct?.node.defaultChild;
    if (CfnResource.isCfnResource(resource)) resource.overrideLogicalId(logicalId);
  }
}
