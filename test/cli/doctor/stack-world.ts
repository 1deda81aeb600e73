import { setTimeout as sleep } from 'node:timers/promises';
import { CreateBucketCommand } from '@aws-sdk/client-s3';
import { CreateTopicCommand, SNSClient, SubscribeCommand } from '@aws-sdk/client-sns';
import { CreateQueueCommand, GetQueueAttributesCommand } from '@aws-sdk/client-sqs';
import { wishesOf } from '../../../cli/webhooks/webhook-wishes.ts';
import { webhookEvents } from '../../../lambda/messagemedia/types.ts';
import { localCredentials } from '../../../sandbox/aws/credentials.ts';
import { type LocalServer, listen, readBody } from '../../../sandbox/http.ts';
import { startSandbox } from '../../../sandbox/sandbox.ts';
import { deliver, type WireRequest } from '../../../signing/sender.ts';
import { localEnvironment, run } from '../terminal.ts';

/** A resource of the stack, as CloudFormation lists it. */
interface Resource {
  type: string;
  logicalId: string;
  id: string;
}

interface Alarm {
  AlarmName: string;
  StateValue: string;
  ActionsEnabled: boolean;
  AlarmActions: string[];
  AlarmDescription: string;
  StateUpdatedTimestamp: number;
}

interface LogLine {
  timestamp: number;
  message: string;
}

/** What a stack is in AWS besides its queues, bucket and secret. */
interface StackState {
  outputs: Record<string, string>;
  resources: Resource[];
  alarms: Alarm[];
  /** Seconds by the name of a queue or stream. */
  ages: Record<string, number>;
  consumers: object[];
  /** Lines by the name of the log group. */
  logs: Record<string, LogLine[]>;
  /** How many calls for logs are refused before they are answered. */
  throttles: number;
}

/**
 * A stack that is well: MessageMedia, SQS, SNS, S3, Secrets Manager and the function are the sandbox's and fauxqs. What no
 * emulator in npm has (CloudFormation, CloudWatch and its logs, Lambda's list of consumers) speaks AWS's protocols here.
 */
export async function startStack() {
  const logs: StackState['logs'] = { receiver: [], reconciliation: [] };
  const sandbox = await startSandbox({
    port: 0,
    onAnswer: async ({ requestId }) => {
      const line = await sandbox.receiver.logOf(requestId);
      logs.receiver?.push({ timestamp: Date.now(), message: JSON.stringify(line) });
    },
  });
  const { client, queueUrl, deadLetterQueueUrl, overflowBucket, url } = sandbox.queue;
  const sns = new SNSClient({ endpoint: url, region: 'us-east-1', credentials: localCredentials });
  const { TopicArn = '' } = await sns.send(new CreateTopicCommand({ Name: 'alarms' }));
  const { TopicArn: unheard = '' } = await sns.send(new CreateTopicCommand({ Name: 'unheard' }));
  const arnOf = async (QueueUrl: string) =>
    (await client.send(new GetQueueAttributesCommand({ QueueUrl, AttributeNames: ['QueueArn'] }))).Attributes?.QueueArn;
  const create = async (QueueName: string, Attributes: Record<string, string> = {}) =>
    (await client.send(new CreateQueueCommand({ QueueName, Attributes }))).QueueUrl ?? '';
  const archiveDead = await create('archive-dead-letters');
  const policy = { deadLetterTargetArn: await arnOf(archiveDead), maxReceiveCount: 50 };
  const archiveQueue = await create('archive', { RedrivePolicy: JSON.stringify(policy) });
  const subscription = { TopicArn, Protocol: 'sqs', Endpoint: await arnOf(await create('notified')) };
  await sns.send(new SubscribeCommand(subscription));
  await sandbox.queue.storage.send(new CreateBucketCommand({ Bucket: overflowBucket })).catch(() => {});

  const key = await sandbox.api.createSignatureKey('SHA256');
  await sandbox.api.enableSignatureKey(key.key_id);
  const callbackUrl = `${sandbox.url}/messagemedia`;
  const [, , optOut] = wishesOf({ url: callbackUrl, events: webhookEvents, retries: 0, retryDelay: 5 });
  if (optOut === undefined) throw new Error('There is no webhook');
  const register = () => sandbox.api.createWebhook(optOut);
  await register();

  const alarm = (name: string): Alarm => ({
    ...{ AlarmName: `s-${name}`, StateValue: 'OK', ActionsEnabled: true, AlarmActions: [TopicArn] },
    // As test/lib/monitoring/monitoring.test.ts has it of the alarms of a stack.
    AlarmDescription: `It is ${name}. What to do: npx mmw doctor --stack s (from the project's folder). Runbook: messagemedia-webhook-receiver@0.1.0/docs/operations.md#${name.toLowerCase()}`,
    StateUpdatedTimestamp: 1_700_000_000,
  });
  const names = ['DeadLetters', 'ServerErrors', 'ArchiveDelayedReply'];
  const well = (): StackState => ({
    outputs: {
      CallbackUrl: callbackUrl,
      QueueUrl: queueUrl,
      QueueArn: 'arn:aws:sqs:us-east-1:000000000000:events.fifo',
      DeadLetterQueueUrl: deadLetterQueueUrl,
      KeyringSecretArn: 'keyring',
      FunctionLogGroup: 'receiver',
      OverflowBucketName: overflowBucket,
      ReconciliationLogGroup: 'reconciliation',
      ArchiveQueueUrl: archiveQueue,
    },
    resources: [
      ...names.map((name) => ({
        type: 'AWS::CloudWatch::Alarm',
        logicalId: `MonitoringAlarms${name}0123ABCD`,
        id: `s-${name}`,
      })),
      { type: 'AWS::KinesisFirehose::DeliveryStream', logicalId: 'Stream', id: 'replies' },
    ],
    alarms: names.map(alarm),
    ages: { 'events.fifo': 5 },
    consumers: [{ UUID: 'u', State: 'Enabled', FunctionArn: 'arn:aws:lambda:us-east-1:0:function:consumer' }],
    logs,
    throttles: 0,
  });
  const state = well();
  const aws = await startAws(() => state);
  const env = localEnvironment({
    ...sandbox.environment,
    AWS_ENDPOINT_URL_CLOUDFORMATION: aws.url,
    AWS_ENDPOINT_URL_CLOUDWATCH: aws.url,
    AWS_ENDPOINT_URL_CLOUDWATCH_LOGS: aws.url,
    AWS_ENDPOINT_URL_LAMBDA: aws.url,
    AWS_ENDPOINT_URL_SNS: url,
  });
  const restore = () => {
    Object.assign(state, well());
    logs.receiver = [];
    logs.reconciliation = [];
    put('reconciliation', { message: 'reconciled', deliveryReports: {}, replies: {} }, 60_000);
    put('receiver', { message: 'accepted' }, 120_000, 20);
    sandbox.storeKeyring(JSON.stringify({ keys: [key] }));
  };
  /** Puts a line into a log, so many times, a second apart, the last of them so many milliseconds ago. */
  const put = (log: string, line: object, age: number, times = 1) => {
    const lines = Array.from({ length: times }, (_, index) => ({
      timestamp: Date.now() - age - index * 1000,
      message: JSON.stringify(line),
    }));
    logs[log] = [...(logs[log] ?? []), ...lines];
  };
  restore();
  /** Sends requests to the function, and waits until its lines about them are in the log. */
  const send = async (request: WireRequest, times = 1) => {
    for (let sent = 0; sent < times; sent++) {
      const before = logs.receiver?.length ?? 0;
      await deliver(sandbox.url, request);
      while (logs.receiver?.length === before) await sleep(5);
    }
  };
  return {
    ...{ send, register, sandbox, key, state, restore, put, env, callbackUrl, archiveDead, archiveQueue, unheard },
    doctor: async (...args: string[]) => {
      const { code, stdout, stderr } = await run(['doctor', '--stack', 's', '--json', ...args], env);
      const { summary, issues }: DoctorReport = JSON.parse(stdout);
      return { code, stderr, ...summary, issues: issues.filter(({ title }) => title !== 'No signed probe was sent') };
    },
    close: async () => {
      sns.destroy();
      await aws.close();
      await sandbox.close();
    },
  };
}

interface DoctorReport {
  summary: { health: string; ok: string[] };
  issues: { severity: string; title: string; description: string; suggestion: string }[];
}

/** Most lines of a page of a log. */
const pageLines = 100;

function startAws(state: () => StackState): Promise<LocalServer> {
  return listen(0, async (request, response) => {
    const body = String(await readBody(request));
    const action = String(request.headers['x-amz-target'] ?? '').replace(/^.*\./, '');
    const json = (answer: object) =>
      response.writeHead(200, { 'content-type': 'application/x-amz-json-1.1' }).end(JSON.stringify(answer));
    const xml = (name: string, members: string) =>
      response
        .writeHead(200, { 'content-type': 'text/xml' })
        .end(`<${name}Response><${name}Result>${members}</${name}Result></${name}Response>`);
    if (action === 'FilterLogEvents' && state().throttles-- > 0)
      return void response.writeHead(400).end('{"__type":"ThrottlingException","message":"Rate exceeded"}');
    if (action === 'FilterLogEvents') return void json(filter(state(), JSON.parse(body)));
    if (action === 'DescribeAlarms') return void json(describeAlarms(state(), JSON.parse(body)));
    if (action === 'GetMetricData') return void json(measure(state(), JSON.parse(body)));
    if (request.url?.startsWith('/2015-03-31/')) return void json({ EventSourceMappings: state().consumers });
    if (body.includes('ListStackResources')) {
      const next = /NextToken=(\d+)/.exec(body)?.[1] ?? '0';
      const page = state().resources.slice(Number(next), Number(next) + 2);
      const more = Number(next) + 2 < state().resources.length;
      const members = page.map(
        ({ type, logicalId, id }) =>
          `<member><ResourceType>${type}</ResourceType><LogicalResourceId>${logicalId}</LogicalResourceId><PhysicalResourceId>${id}</PhysicalResourceId></member>`,
      );
      const token = more ? `<NextToken>${Number(next) + 2}</NextToken>` : '';
      return void xml(
        'ListStackResources',
        `<StackResourceSummaries>${members.join('')}</StackResourceSummaries>${token}`,
      );
    }
    const members = Object.entries(state().outputs).map(
      ([name, value]) => `<member><OutputKey>${name}</OutputKey><OutputValue>${value}</OutputValue></member>`,
    );
    xml('DescribeStacks', `<Stacks><member><Outputs>${members.join('')}</Outputs></member></Stacks>`);
  });
}

interface Filter {
  logGroupName: string;
  filterPattern: string;
  startTime: number;
  endTime?: number;
  nextToken?: string;
}

/** As CloudWatch: the oldest first, in pages, of which the first may be empty. */
function filter({ logs }: StackState, { logGroupName, filterPattern, startTime, endTime, nextToken }: Filter) {
  const condition = filterPattern.replaceAll(
    /\$\.(\w+) (!?=) /g,
    (_, name, sign) => `line.${name} ${sign === '=' ? '===' : '!=='} `,
  );
  const matches = new Function('line', `return (${condition.replace(/^\{|\}$/g, '')})`);
  const found = (logs[logGroupName] ?? [])
    .filter(({ timestamp }) => timestamp >= startTime && timestamp <= (endTime ?? Number.POSITIVE_INFINITY))
    .filter(({ message }) => matches(JSON.parse(message)))
    .sort((one, other) => one.timestamp - other.timestamp);
  if (nextToken === undefined) return { events: [], nextToken: '0' };
  const end = Number(nextToken) + pageLines;
  return { events: found.slice(Number(nextToken), end), ...(end < found.length && { nextToken: String(end) }) };
}

function describeAlarms({ alarms }: StackState, { AlarmNames }: { AlarmNames: string[] }) {
  return { MetricAlarms: alarms.filter(({ AlarmName }) => AlarmNames.includes(AlarmName)) };
}

interface MetricQuery {
  Id: string;
  MetricStat: { Metric: { Dimensions: { Value: string }[] } };
}

function measure({ ages }: StackState, { MetricDataQueries }: { MetricDataQueries: MetricQuery[] }) {
  const valuesOf = ({ MetricStat }: MetricQuery) => ages[MetricStat.Metric.Dimensions[0]?.Value ?? ''] ?? [];
  return { MetricDataResults: MetricDataQueries.map((query) => ({ Id: query.Id, Values: [valuesOf(query)].flat() })) };
}
