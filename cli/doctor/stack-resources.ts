import { CloudFormationClient, paginateListStackResources } from '@aws-sdk/client-cloudformation';
import { watched } from '../aws.ts';

/** A resource of a stack, of which CloudFormation does not know whether it is still there. */
export interface StackResource {
  type: string;
  logicalId: string;
  /** Its name or URL. */
  id: string;
}

export async function listResources(StackName: string): Promise<StackResource[]> {
  const client = watched(new CloudFormationClient());
  const resources: StackResource[] = [];
  for await (const { StackResourceSummaries = [] } of paginateListStackResources({ client }, { StackName })) {
    for (const { ResourceType = '', LogicalResourceId = '', PhysicalResourceId } of StackResourceSummaries)
      if (PhysicalResourceId)
        resources.push({ type: ResourceType, logicalId: LogicalResourceId, id: PhysicalResourceId });
  }
  return resources;
}
