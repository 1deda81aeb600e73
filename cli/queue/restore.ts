import {
  CloudFormationClient,
  DescribeStackResourcesCommand,
  GetTemplateCommand,
  type Tag,
} from '@aws-sdk/client-cloudformation';
import { CreateQueueCommand, GetQueueAttributesCommand, SQSClient } from '@aws-sdk/client-sqs';
import { outputs } from '../../lambda/stack-outputs.ts';
import { namePlace } from '../aws.ts';
import { describeStack, outputsOf } from '../connections.ts';

/** A resource as the template has it. */
interface Resource {
  Type: string;
  Properties?: Record<string, unknown>;
}

/** The dead-letter queue comes first, because the event queue refers to it. */
const queues = ['DeadLetterQueue', 'EventQueue'];

/**
 * Creates the queues of a stack again that somebody deleted, with the name, the attributes, the policy and the tags from
 * the template. CloudFormation cannot do this, because it does not know that they are gone.
 *
 * @returns URLs of the queues that were created
 * @throws {Error} when it is not a stack of this project
 */
export async function restoreQueues(stack: string): Promise<string[]> {
  const resolve = await createResolver(stack);
  const client = namePlace(new SQSClient({ useQueueUrlAsEndpoint: false }));
  const restored: string[] = [];
  for (const logicalId of queues) {
    const url = resolve.idOf(logicalId);
    if (await exists(client, url)) continue;
    const QueueName = url.slice(url.lastIndexOf('/') + 1);
    await client
      .send(
        new CreateQueueCommand({
          QueueName,
          Attributes: resolve.attributesOf(logicalId),
          tags: resolve.tagsOf(logicalId),
        }),
      )
      .catch((cause: Error) => {
        if (!/DeletedRecently/.test(cause.name)) throw cause;
        throw new Error(`${QueueName} was just deleted: try again in a minute, SQS does not take its name before.`, {
          cause,
        });
      });
    restored.push(url);
  }
  return restored;
}

async function exists(client: SQSClient, QueueUrl: string): Promise<boolean> {
  try {
    await client.send(new GetQueueAttributesCommand({ QueueUrl, AttributeNames: ['QueueArn'] }));
    return true;
  } catch (error) {
    if (error instanceof Error && /NonExistentQueue|QueueDoesNotExist/.test(error.name)) return false;
    throw error;
  }
}

/** Reads the template, and replaces its references with real ids and ARNs. */
async function createResolver(stack: string) {
  const client = namePlace(new CloudFormationClient());
  const [description, { TemplateBody = '{}' }, { StackResources = [] }] = await Promise.all([
    describeStack(stack),
    client.send(new GetTemplateCommand({ StackName: stack })),
    client.send(new DescribeStackResourcesCommand({ StackName: stack })),
  ]);
  const { Resources }: { Resources: Record<string, Resource> } = JSON.parse(TemplateBody);
  const ids = new Map(
    StackResources.map(({ LogicalResourceId, PhysicalResourceId }) => [LogicalResourceId, PhysicalResourceId]),
  );
  const found = outputsOf(description);
  const queueArn = found.get(outputs.queueArn);
  if (queueArn === undefined) {
    throw new Error(`Stack ${stack} has no output ${outputs.queueArn}: deploy it with this version, then try again.`);
  }
  const prefix = queueArn.slice(0, queueArn.lastIndexOf(':') + 1);

  const idOf = (logicalId: string): string => {
    const id = ids.get(logicalId);
    if (id) return id;
    throw new Error(`Stack ${stack} has no resource ${logicalId}: is it a stack of this project?`);
  };
  const arnOf = (logicalId: string) => {
    if (Resources[logicalId]?.Type !== 'AWS::SQS::Queue') return found.get(outputs.keyArn);
    return prefix + idOf(logicalId).replace(/^.*\//, '');
  };
  const resolve = (value: unknown): unknown => {
    if (Array.isArray(value)) return value.map(resolve);
    if (typeof value !== 'object' || value === null) return value;
    const { Ref, 'Fn::GetAtt': attribute } = value as { Ref?: string; 'Fn::GetAtt'?: [string, string] };
    if (Ref !== undefined) return idOf(Ref);
    if (attribute !== undefined) return arnOf(attribute[0]);
    return Object.fromEntries(Object.entries(value).map(([name, part]) => [name, resolve(part)]));
  };
  const policyOf = (logicalId: string) =>
    Object.values(Resources).find(
      ({ Type, Properties }) =>
        Type === 'AWS::SQS::QueuePolicy' && JSON.stringify(Properties?.Queues).includes(`{"Ref":"${logicalId}"}`),
    )?.Properties?.PolicyDocument;

  return {
    idOf,
    /** CloudFormation gives a resource the tags of its stack and its own, of which its own win. */
    tagsOf: (logicalId: string): Record<string, string> => {
      const own = resolve(Resources[logicalId]?.Properties?.Tags ?? []) as Tag[];
      const tags = [...(description.Tags ?? []), ...own].map(({ Key = '', Value = '' }) => [Key, Value] as const);
      // SQS takes none of AWS's own.
      return Object.fromEntries(tags.filter(([name]) => !name.startsWith('aws:')));
    },
    attributesOf: (logicalId: string): Record<string, string> => {
      const Policy = policyOf(logicalId);
      const properties = { ...Resources[logicalId]?.Properties, ...(Policy !== undefined && { Policy }) };
      // Tags and the name are parameters of their own.
      const { Tags: _tags, QueueName: _name, ...attributes } = resolve(properties) as Record<string, unknown>;
      return Object.fromEntries(
        Object.entries(attributes).map(([name, value]) => [
          name,
          typeof value === 'object' ? JSON.stringify(value) : String(value),
        ]),
      );
    },
  };
}
