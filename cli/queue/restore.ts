import { CloudFormationClient, GetTemplateCommand, type Tag } from '@aws-sdk/client-cloudformation';
import { CreateQueueCommand, GetQueueAttributesCommand, SQSClient } from '@aws-sdk/client-sqs';
import { outputs } from '../../lambda/stack-outputs.ts';
import { watched } from '../aws.ts';
import { describeStack, outputsOf } from '../connections.ts';
import { stackNameOf } from '../receivers.ts';
import { listResources } from '../stack-resources.ts';
import { isMissingQueue, queueNameIn } from './queues.ts';

interface Resource {
  Type: string;
  Properties?: Record<string, unknown>;
}

const queueOutputs = [outputs.deadLetterQueueUrl, outputs.queueUrl, outputs.archiveQueueUrl];

/** A deployed stack, whose queues may be gone. CloudFormation does not know that. */
interface DeployedStack {
  name: string;
  resources: Record<string, Resource>;
  /** Ids by logical id. That of a queue is its URL. */
  ids: ReadonlyMap<string, string>;
  tags: readonly Tag[];
  queueArn: string;
  /** URLs of the queues that have an output. */
  queueUrls: readonly string[];
  /** ARN of the key that encrypts the queues, if it is not SQS's own. */
  keyArn: string | undefined;
}

/**
 * Creates the queues of a stack again that somebody deleted, with the name, the attributes, the policy and the tags from
 * the template.
 *
 * @returns URLs of the queues, and of those that were created
 * @throws {Error} when it is not a stack of this project
 */
export async function restoreQueues(name: string): Promise<{ queues: string[]; restored: string[] }> {
  const stack = await readStack(name);
  const client = watched(new SQSClient({ useQueueUrlAsEndpoint: false }));
  const queues: string[] = [];
  const restored: string[] = [];
  for (const { url, logicalId } of queuesOf(stack)) {
    queues.push(url);
    if (await exists(client, url)) continue;
    if (logicalId === undefined)
      throw new Error(`Queue ${url} is not in the template of stack ${name}: deploy it again from where it was made.`);
    await create(client, queueNameIn(url), attributesOf(stack, logicalId), tagsOf(stack, logicalId));
    restored.push(url);
  }
  return { queues, restored };
}

/** The receiver's queues. Dead-letter queues come first, because the others refer to them. */
function queuesOf(stack: DeployedStack): { url: string; logicalId: string | undefined }[] {
  const own = stack.queueUrls.map((url) => ({ url, logicalId: logicalIdOf(stack, url) }));
  const deadLetterQueues = own.flatMap(({ logicalId = '' }) => {
    const { deadLetterTargetArn } = (stack.resources[logicalId]?.Properties?.RedrivePolicy ?? {}) as RedrivePolicy;
    const [target] = deadLetterTargetArn?.['Fn::GetAtt'] ?? [];
    return target === undefined ? [] : [{ url: idOf(stack, target), logicalId: target }];
  });
  const urls = new Set(deadLetterQueues.map(({ url }) => url));
  return [...deadLetterQueues, ...own.filter(({ url }) => !urls.has(url))];
}

interface RedrivePolicy {
  deadLetterTargetArn?: { 'Fn::GetAtt'?: [logicalId: string, attribute: string] };
}

async function readStack(name: string): Promise<DeployedStack> {
  const client = watched(new CloudFormationClient());
  const [description, { TemplateBody = '{}' }, resources] = await Promise.all([
    describeStack(name),
    client.send(new GetTemplateCommand({ StackName: stackNameOf(name) })),
    listResources(name),
  ]);
  const found = outputsOf(name, description);
  const queueArn = found.get(outputs.queueArn);
  if (queueArn === undefined) {
    throw new Error(`Stack ${name} has no output ${outputs.queueArn}: deploy it with this version, then try again.`);
  }
  return {
    ...{ name, queueArn, keyArn: found.get(outputs.keyArn), tags: description.Tags ?? [] },
    queueUrls: queueOutputs.flatMap((output) => found.get(output) ?? []),
    resources: JSON.parse(TemplateBody).Resources,
    ids: new Map([...pseudoParameters(queueArn), ...resources.map(({ logicalId, id }) => [logicalId, id] as const)]),
  };
}

function pseudoParameters(arn: string): (readonly [string, string])[] {
  const [, partition = '', , region = '', account = ''] = arn.split(':');
  return [
    ['AWS::Partition', partition],
    ['AWS::Region', region],
    ['AWS::AccountId', account],
  ];
}

async function exists(client: SQSClient, QueueUrl: string): Promise<boolean> {
  try {
    await client.send(new GetQueueAttributesCommand({ QueueUrl, AttributeNames: ['QueueArn'] }));
    return true;
  } catch (error) {
    if (isMissingQueue(error)) return false;
    throw error;
  }
}

type Strings = Record<string, string>;

async function create(client: SQSClient, QueueName: string, Attributes: Strings, tags: Strings): Promise<void> {
  await client.send(new CreateQueueCommand({ QueueName, Attributes, tags })).catch((cause: Error) => {
    if (!/DeletedRecently/.test(cause.name)) throw cause;
    const problem = `${QueueName} was just deleted: try again in a minute, SQS does not take its name before.`;
    throw new Error(problem, { cause });
  });
}

/** The properties of the queue in the template, as SQS takes attributes. Name and tags are parameters of their own. */
function attributesOf(stack: DeployedStack, logicalId: string): Strings {
  const properties = { ...stack.resources[logicalId]?.Properties, Policy: policyOf(stack, logicalId) };
  const { Tags: _tags, QueueName: _name, ...attributes } = resolve(stack, properties) as Record<string, unknown>;
  const given = Object.entries(attributes).filter(([, value]) => value !== undefined);
  return Object.fromEntries(
    given.map(([name, value]) => [name, typeof value === 'object' ? JSON.stringify(value) : String(value)]),
  );
}

function policyOf({ resources }: DeployedStack, logicalId: string): unknown {
  const isOfQueue = ({ Type, Properties }: Resource) =>
    Type === 'AWS::SQS::QueuePolicy' && JSON.stringify(Properties?.Queues).includes(`{"Ref":"${logicalId}"}`);
  return Object.values(resources).find(isOfQueue)?.Properties?.PolicyDocument;
}

/** CloudFormation gives a resource the tags of its stack and its own, of which its own win. SQS takes none of AWS's own. */
function tagsOf(stack: DeployedStack, logicalId: string): Strings {
  const own = resolve(stack, stack.resources[logicalId]?.Properties?.Tags ?? []) as Tag[];
  const tags = [...stack.tags, ...own].map(({ Key = '', Value = '' }) => [Key, Value] as const);
  return Object.fromEntries(tags.filter(([name]) => !name.startsWith('aws:')));
}

/** A value of the template, with the names that it has in this stack. */
function resolve(stack: DeployedStack, value: unknown): unknown {
  if (Array.isArray(value)) return value.map((item) => resolve(stack, item));
  if (typeof value !== 'object' || value === null) return value;
  const { Ref, 'Fn::GetAtt': attribute, 'Fn::Join': join } = value as Functions;
  if (Ref !== undefined) return idOf(stack, Ref);
  if (attribute?.[1] === 'Arn') return arnOf(stack, attribute[0]);
  if (join !== undefined) return (resolve(stack, join[1]) as unknown[]).join(join[0]);
  const unknown = Object.keys(value).find((name) => name.startsWith('Fn::'));
  if (unknown !== undefined) throw unknownValue(stack, JSON.stringify(value));
  return Object.fromEntries(Object.entries(value).map(([name, part]) => [name, resolve(stack, part)]));
}

interface Functions {
  Ref?: string;
  'Fn::GetAtt'?: [logicalId: string, attribute: string];
  'Fn::Join'?: [separator: string, parts: unknown[]];
}

function unknownValue({ name }: DeployedStack, value: string): Error {
  const mend = 'create the queue by hand, as the template of the stack has it';
  return new Error(`A queue of stack ${name} is made with ${value}, whose value is not known here: ${mend}.`);
}

/** `undefined` for a queue that the stack did not make, as in a nested stack: nothing says what it was like. */
function logicalIdOf({ ids }: DeployedStack, url: string): string | undefined {
  for (const [logicalId, id] of ids) if (id === url) return logicalId;
  return undefined;
}

function idOf({ name, ids }: DeployedStack, logicalId: string): string {
  const id = ids.get(logicalId);
  if (id) return id;
  throw new Error(`Stack ${name} has no resource ${logicalId}: is it a stack of this project?`);
}

/** What a queue and its policy usually name: other queues, its key, and who may use it. */
function arnOf(stack: DeployedStack, logicalId: string): string {
  const { Type = '', Properties } = stack.resources[logicalId] ?? {};
  const id = idOf(stack, logicalId);
  const [, partition, , region, account] = stack.queueArn.split(':');
  const arns: Record<string, string | undefined> = {
    'AWS::SQS::Queue': `arn:${partition}:sqs:${region}:${account}:${queueNameIn(id)}`,
    'AWS::IAM::Role': `arn:${partition}:iam::${account}:role${Properties?.Path ?? '/'}${id}`,
    'AWS::KMS::Key': stack.keyArn,
  };
  const arn = arns[Type];
  if (arn === undefined) throw unknownValue(stack, `the ARN of ${logicalId} (${Type})`);
  return arn;
}
