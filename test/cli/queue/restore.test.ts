import {
  DeleteQueueCommand,
  GetQueueAttributesCommand,
  ListQueuesCommand,
  ListQueueTagsCommand,
} from '@aws-sdk/client-sqs';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { restoreQueues } from '../../../cli/queue/restore.ts';
import { type LocalQueue, startQueue } from '../../../sandbox/aws/queue.ts';
import { type LocalServer, listen, readBody } from '../../../sandbox/http.ts';
import { stackOf } from '../../lib/support.ts';
import { localEnvironment } from '../terminal.ts';

const template = structuredClone(stackOf({ archiveDays: 30 }).json);
const escapeXml = (text: string) => text.replaceAll('&', '&amp;').replaceAll('<', '&lt;');
const members = (list: object[]) =>
  list
    .map((member) => Object.entries(member).map(([name, value]) => `<${name}>${escapeXml(value)}</${name}>`))
    .map((fields) => `<member>${fields.join('')}</member>`)
    .join('');

let queue: LocalQueue;
let cloudFormation: LocalServer;
let archive: Record<'ArchiveQueue' | 'ArchiveDeadLetterQueue', string>;
const before = process.env;
beforeAll(async () => {
  queue = await startQueue();
  const urlOf = (name: string) => queue.queueUrl.replace('events.fifo', name);
  archive = { ArchiveQueue: urlOf('archive'), ArchiveDeadLetterQueue: urlOf('archive-dead-letters') };
  const urls = { EventQueue: queue.queueUrl, DeadLetterQueue: queue.deadLetterQueueUrl, ...archive };
  // A page of CloudFormation has 100 resources.
  const others = Array.from({ length: 100 }, (_, index) => [`Other${index}`, `other-${index}`]);
  const summaries = [...others, ['ReaderRole', 'reader-1'], ...Object.entries(urls)].map(
    ([LogicalResourceId = '', PhysicalResourceId = '']) => ({
      LogicalResourceId,
      PhysicalResourceId,
    }),
  );
  const pageOf = (list: object[], next = '') =>
    `<StackResourceSummaries>${members(list)}</StackResourceSummaries>${next}`;
  // In somebody's own stack are other queues too, and these are not ours.
  template.Resources.TheirQueue = { Type: 'AWS::SQS::Queue', Properties: {} };
  template.Resources.ReaderRole = { Type: 'AWS::IAM::Role', Properties: { Path: '/readers/' } };
  const owned = template.Resources.EventQueue?.Properties as Record<string, unknown>;
  owned.Tags = [{ Key: 'team', Value: 'events' }];
  const stackTags = [
    { Key: 'team', Value: 'all' },
    { Key: 'cost-centre', Value: '42' },
    { Key: 'aws:servicecatalog:x', Value: 'y' },
  ];
  const outputs = [
    { OutputKey: 'QueueArn', OutputValue: 'arn:aws:sqs:us-east-1:000000000000:events.fifo' },
    { OutputKey: 'QueueUrl', OutputValue: queue.queueUrl },
    { OutputKey: 'DeadLetterQueueUrl', OutputValue: queue.deadLetterQueueUrl },
    { OutputKey: 'ArchiveQueueUrl', OutputValue: archive.ArchiveQueue },
  ];
  const answers: Record<string, string> = {
    DescribeStacks: `<Stacks><member><StackName>s</StackName><Tags>${members(stackTags)}</Tags><Outputs>${members(outputs)}</Outputs></member></Stacks>`,
    ListStackResources: pageOf(summaries.slice(0, 100), '<NextToken>more</NextToken>'),
    more: pageOf(summaries.slice(100)),
  };
  cloudFormation = await listen(0, async (request, response) => {
    const call = new URLSearchParams(String(await readBody(request)));
    const action = call.get('Action') ?? '';
    response.writeHead(200, { 'content-type': 'text/xml' });
    answers.GetTemplate = `<TemplateBody>${escapeXml(JSON.stringify(template))}</TemplateBody>`;
    const isOld = action === 'DescribeStacks' && call.get('StackName') === 'old';
    const answer = isOld
      ? '<Stacks><member><StackName>old</StackName></member></Stacks>'
      : answers[call.get('NextToken') ?? action];
    response.end(`<${action}Response><${action}Result>${answer}</${action}Result></${action}Response>`);
  });
  process.env = localEnvironment({
    AWS_ENDPOINT_URL_SQS: queue.url,
    AWS_ENDPOINT_URL_CLOUDFORMATION: cloudFormation.url,
  });
});
afterAll(async () => {
  process.env = before;
  await cloudFormation.close();
  await queue.close();
});

test('a lost queue comes back with the attributes of the template, and the tags of stack and template', async () => {
  const { client, queueUrl, deadLetterQueueUrl } = queue;
  await client.send(new DeleteQueueCommand({ QueueUrl: queueUrl }));
  await client.send(new DeleteQueueCommand({ QueueUrl: deadLetterQueueUrl }));
  const all = [deadLetterQueueUrl, archive.ArchiveDeadLetterQueue, queueUrl, archive.ArchiveQueue];
  expect(await restoreQueues('s')).toEqual({ queues: all, restored: all });

  const { Attributes } = await client.send(
    new GetQueueAttributesCommand({ QueueUrl: queueUrl, AttributeNames: ['All'] }),
  );
  expect(Attributes).toMatchObject({ FifoQueue: 'true', MessageRetentionPeriod: String(14 * 86_400) });
  expect(JSON.parse(Attributes?.RedrivePolicy ?? '')).toMatchObject({ maxReceiveCount: 200 });
  const tagsOf = async (QueueUrl: string) => (await client.send(new ListQueueTagsCommand({ QueueUrl }))).Tags;
  expect(await tagsOf(queueUrl)).toEqual({ team: 'events', 'cost-centre': '42' });
  expect(await tagsOf(deadLetterQueueUrl)).toEqual({ team: 'all', 'cost-centre': '42' });

  const archiveQueue = new GetQueueAttributesCommand({
    QueueUrl: archive.ArchiveQueue,
    AttributeNames: ['RedrivePolicy'],
  });
  const policy = JSON.parse((await client.send(archiveQueue)).Attributes?.RedrivePolicy ?? '');
  expect(policy).toEqual({ maxReceiveCount: 50, deadLetterTargetArn: expect.stringMatching(/:archive-dead-letters$/) });

  expect(await restoreQueues('s')).toEqual({ queues: all, restored: [] });
});

test('whom an app lets read its queue may read the new one; a value that is not known is said', async () => {
  const { client, queueUrl } = queue;
  const policy = Object.values(template.Resources).find(
    ({ Type, Properties }) =>
      Type === 'AWS::SQS::QueuePolicy' && /"EventQueue"/.test(JSON.stringify(Properties?.Queues)),
  );
  const { Statement = [] } = (policy?.Properties?.PolicyDocument ?? {}) as { Statement?: object[] };
  const allow = (AWS: unknown) => ({
    Effect: 'Allow',
    Action: 'sqs:ReceiveMessage',
    Principal: { AWS },
    Resource: '*',
  });
  const account = { 'Fn::Join': ['', ['arn:', { Ref: 'AWS::Partition' }, ':iam::123456789012:root']] };
  Statement.push(allow(account), allow({ 'Fn::GetAtt': ['ReaderRole', 'Arn'] }));
  await client.send(new DeleteQueueCommand({ QueueUrl: queueUrl }));
  expect(await restoreQueues('s')).toMatchObject({ restored: [queueUrl] });
  const command = new GetQueueAttributesCommand({ QueueUrl: queueUrl, AttributeNames: ['Policy'] });
  const { Attributes } = await client.send(command);
  expect(JSON.parse(Attributes?.Policy ?? '').Statement.slice(-2)).toMatchObject([
    { Principal: { AWS: 'arn:aws:iam::123456789012:root' } },
    { Principal: { AWS: 'arn:aws:iam::000000000000:role/readers/reader-1' } },
  ]);
  await client.send(new DeleteQueueCommand({ QueueUrl: queueUrl }));
  for (const [value, words] of [
    [{ 'Fn::GetAtt': ['Other0', 'Arn'] }, 'the ARN of Other0'],
    [{ 'Fn::ImportValue': 'a' }, '{"Fn::ImportValue":"a"}'],
  ] as const) {
    Statement.splice(-1, 1, allow(value));
    await expect(restoreQueues('s')).rejects.toThrow(`A queue of stack s is made with ${words}`);
  }
  Statement.splice(-2);
  expect(await restoreQueues('s')).toMatchObject({ restored: [queueUrl] });
});

test('a stack of an earlier version is told to be deployed, and nothing is created', async () => {
  await queue.client.send(new DeleteQueueCommand({ QueueUrl: queue.queueUrl }));
  await expect(restoreQueues('old')).rejects.toThrow('Stack old has no output QueueArn: deploy it with this version');
  const { QueueUrls } = await queue.client.send(new ListQueuesCommand({}));
  expect(QueueUrls).not.toContain(queue.queueUrl);
});
