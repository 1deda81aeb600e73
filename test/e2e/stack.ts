import {
  CloudFormationClient,
  DescribeStackResourcesCommand,
  DescribeStacksCommand,
  paginateDescribeStackEvents,
} from '@aws-sdk/client-cloudformation';
import { CloudTrailClient } from '@aws-sdk/client-cloudtrail';
import { CloudWatchLogsClient, FilterLogEventsCommand } from '@aws-sdk/client-cloudwatch-logs';
import { FirehoseClient } from '@aws-sdk/client-firehose';
import { S3Client } from '@aws-sdk/client-s3';
import { SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { SQSClient } from '@aws-sdk/client-sqs';
import { outputs as names } from '../../lambda/stack-outputs.ts';
import { type DeliveryAnswer, deliver, type WireRequest } from '../../signing/sender.ts';
import { stackName } from './cdk.ts';
import { account, type Ministack } from './ministack.ts';

/** Clients of the emulated account, with all rights. */
export interface Clients {
  cloudFormation: CloudFormationClient;
  cloudTrail: CloudTrailClient;
  firehose: FirehoseClient;
  logs: CloudWatchLogsClient;
  s3: S3Client;
  secrets: SecretsManagerClient;
  sqs: SQSClient;
}

export function createClients({ url }: Ministack): Clients {
  const settings = { endpoint: url, region: account.region, credentials: account.credentials };
  return {
    cloudFormation: new CloudFormationClient(settings),
    cloudTrail: new CloudTrailClient(settings),
    firehose: new FirehoseClient(settings),
    logs: new CloudWatchLogsClient(settings),
    s3: new S3Client({ ...settings, forcePathStyle: true }),
    secrets: new SecretsManagerClient(settings),
    sqs: new SQSClient({ ...settings, useQueueUrlAsEndpoint: false }),
  };
}

/** A resource of the stack as CloudFormation knows it. */
export interface Resource {
  type: string;
  logicalId: string;
  physicalId: string;
  status: string;
}

/** The result of one request, from the function's log. */
export interface LoggedOutcome {
  message: 'accepted' | 'refused' | 'failed';
  reason?: string;
}

/** The deployed stack, from outside. */
export interface DeployedStack {
  /** Every output by its name. */
  outputs: Readonly<Record<string, string>>;
  callbackPath: string;
  queueUrl: string;
  deadLetterQueueUrl: string;
  keyringSecretId: string;
  overflowBucket: string;
  /** Sends a request to the deployed URL over TLS. */
  send(request: WireRequest): Promise<DeliveryAnswer>;
  /** Every line that the stack logged; those of the function are in order. */
  log(): Promise<string[]>;
  /** The log entries of the function about requests, in order. An entry may come after the answer. */
  outcomes(): Promise<LoggedOutcome[]>;
  resources(): Promise<Resource[]>;
  /** Its full id, which also names it after its deletion. */
  id(): Promise<string>;
}

/** @param outputs as `cdk deploy` wrote them @throws {Error} when one that the project promises is missing */
export function openStack(clients: Clients, { url }: Ministack, outputs: Record<string, string>): DeployedStack {
  const output = (name: string) => {
    const value = outputs[name];
    if (!value) throw new Error(`The stack has no output ${name}`);
    return value;
  };
  const callback = new URL(output(names.callbackUrl));
  // In AWS the host name ends in amazonaws.com. MiniStack has the same API under localhost.
  const host = `${callback.hostname.split('.')[0]}.execute-api.localhost`;
  const resources = () => describeResources(clients.cloudFormation);
  const log = async () => {
    const groups = (await resources()).filter(({ type }) => type === 'AWS::Logs::LogGroup');
    return (await Promise.all(groups.map(({ physicalId }) => readLog(clients.logs, physicalId)))).flat();
  };
  return {
    outputs,
    callbackPath: callback.pathname,
    queueUrl: output(names.queueUrl),
    deadLetterQueueUrl: output(names.deadLetterQueueUrl),
    keyringSecretId: output(names.keyringSecretArn),
    overflowBucket: output(names.overflowBucketName),
    send: (request) => deliver(url, { ...request, headers: { ...request.headers, host } }),
    log,
    outcomes: async () => (await log()).flatMap(parseOutcome),
    resources,
    id: async () => {
      const { Stacks } = await clients.cloudFormation.send(new DescribeStacksCommand({ StackName: stackName }));
      const id = Stacks?.[0]?.StackId;
      if (!id) throw new Error(`There is no stack ${stackName}`);
      return id;
    },
  };
}

async function describeResources(client: CloudFormationClient): Promise<Resource[]> {
  const { StackResources = [] } = await client.send(new DescribeStackResourcesCommand({ StackName: stackName }));
  return StackResources.map(toResource);
}

/** The last state of each resource of a deleted stack. @param stackId its full id, because its name finds nothing */
export async function describeFates(client: CloudFormationClient, stackId: string): Promise<Resource[]> {
  const fates = new Map<string, Resource>();
  for await (const { StackEvents = [] } of paginateDescribeStackEvents({ client }, { StackName: stackId })) {
    for (const resource of StackEvents.map(toResource)) {
      // The newest event comes first.
      const isLast = !fates.has(resource.logicalId);
      if (isLast && resource.physicalId !== stackId) fates.set(resource.logicalId, resource);
    }
  }
  return [...fates.values()];
}

interface Description {
  ResourceType?: string | undefined;
  LogicalResourceId?: string | undefined;
  PhysicalResourceId?: string | undefined;
  ResourceStatus?: string | undefined;
}

function toResource(description: Description): Resource {
  const { ResourceType = '', LogicalResourceId = '', PhysicalResourceId = '', ResourceStatus = '' } = description;
  return { type: ResourceType, logicalId: LogicalResourceId, physicalId: PhysicalResourceId, status: ResourceStatus };
}

export async function readLog(client: CloudWatchLogsClient, logGroupName: string): Promise<string[]> {
  const { events = [] } = await client.send(new FilterLogEventsCommand({ logGroupName }));
  return events.map(({ message = '' }) => message.trimEnd());
}

function parseOutcome(line: string): LoggedOutcome[] {
  if (!line.startsWith('{')) return [];
  const entry: LoggedOutcome = JSON.parse(line);
  return ['accepted', 'refused', 'failed'].includes(entry.message) ? [entry] : [];
}
