import { describe, expect, test } from '@jest/globals';
import { Stack } from 'aws-cdk-lib';
import { Match, Template } from 'aws-cdk-lib/assertions';
import { Key } from 'aws-cdk-lib/aws-kms';
import { Topic } from 'aws-cdk-lib/aws-sns';
import { Queue } from 'aws-cdk-lib/aws-sqs';
import { FanOut } from '../../examples/fan-out/fan-out.ts';
import { EventQueue } from '../../lib/event-queue.ts';
import { sampleWebhooks } from '../../signing/sample-webhooks.ts';
import { assumed } from '../assumed.ts';
import { arnOf, resolve, statementsOf } from '../lib/policies.ts';
import { createApp, idOf, idsOf, type TemplateJson } from '../lib/support.ts';
import { startReceiver } from '../received.ts';
import { makeKey } from '../support.ts';

const queueArn = 'arn:aws:sqs:us-east-1:123456789012:events.fifo';
const keyArn = 'arn:aws:kms:us-east-1:123456789012:key/of-the-receiver';
const types = ['com.messagemedia.reply', 'com.messagemedia.opt_out'] as const;

const createStack = (validate = false) => new Stack(createApp({}, { validate }), 'Test');

/** Two readers, with keys of their own or without any. */
function synthesize(hasKeys: boolean): TemplateJson {
  const stack = createStack(hasKeys);
  new FanOut(stack, 'FanOut', {
    queue: Queue.fromQueueAttributes(stack, 'Events', { queueArn, ...(hasKeys && { keyArn }) }),
    readers: { Audit: {}, Support: { types } },
    ...(hasKeys && { encryptionKey: new Key(stack, 'Own') }),
  });
  return Template.fromStack(stack).toJSON() as TemplateJson;
}

const plain = synthesize(false);
const encrypted = synthesize(true);
const topic = idOf(plain, 'AWS::SNS::Topic', /Topic/);
/** The properties of everything of a type. */
const all = (json: TemplateJson, type: string) =>
  idsOf(json, type).map((id) => resolve(json.Resources[id]?.Properties) as Record<string, unknown>);
const alarmsOf = (json: TemplateJson, Namespace: string) =>
  all(json, 'AWS::CloudWatch::Alarm').filter((alarm) => alarm.Namespace === Namespace);
const queue = (name: string) => arnOf(idOf(plain, 'AWS::SQS::Queue', new RegExp(`^FanOut${name}`)));

describe('the fan-out', () => {
  test('publishes to a FIFO topic whose groups do not wait for each other, and which takes what the queue holds', () => {
    expect(all(plain, 'AWS::SNS::Topic')).toMatchObject([
      { FifoTopic: true, FifoThroughputScope: 'MessageGroup', MaximumMessageSize: 1_048_576 },
    ]);
  });

  test('delivers messages as they are, each reader those of its types, and what is undeliverable to its dead letters', () => {
    const of = (reader: string) => ({
      Protocol: 'sqs',
      TopicArn: arnOf(topic),
      Endpoint: queue(`${reader}Events`),
      RawMessageDelivery: true,
      RedrivePolicy: { deadLetterTargetArn: queue(`${reader}DeadLetters`) },
    });
    expect(all(plain, 'AWS::SNS::Subscription')).toEqual([
      of('Audit'),
      { ...of('Support'), FilterPolicyScope: 'MessageBody', FilterPolicy: { type: types } },
    ]);
  });

  test('forwards nothing before everybody is subscribed', () => {
    const source = plain.Resources[idOf(plain, 'AWS::Lambda::EventSourceMapping', /Source/)];
    expect(source?.Properties).toMatchObject({
      EventSourceArn: queueArn,
      FunctionResponseTypes: ['ReportBatchItemFailures'],
      ScalingConfig: { MaximumConcurrency: assumed.maxConcurrency },
    });
    expect(source).toHaveProperty(
      'DependsOn',
      expect.arrayContaining(idsOf(plain, 'AWS::SNS::Subscription').concat(idsOf(plain, 'AWS::IAM::Policy'))),
    );
  });

  test('may receive and publish, and nothing else', () => {
    const statement = (Action: string | string[], Resource: string) => ({ Effect: 'Allow', Action, Resource });
    const receive = ['ChangeMessageVisibility', 'DeleteMessage', 'GetQueueAttributes', 'GetQueueUrl', 'ReceiveMessage'];
    const [publish, consume] = [
      statement('sns:Publish', arnOf(topic)),
      statement(
        receive.map((action) => `sqs:${action}`),
        queueArn,
      ),
    ];
    const role = idOf(plain, 'AWS::IAM::Role', /Forwarder/);
    expect(statementsOf(plain, role)).toEqual([publish, consume]);
    expect(statementsOf(encrypted, role)).toEqual([publish, consume, statement('kms:Decrypt', keyArn)]);
  });

  test('lets nobody but the topic send to a reader', () => {
    const statements = all(plain, 'AWS::SQS::QueuePolicy').flatMap(({ PolicyDocument }) =>
      (PolicyDocument as { Statement: Record<string, unknown>[] }).Statement.filter(({ Effect }) => Effect === 'Allow'),
    );
    const one = (Resource: string) => ({
      Effect: 'Allow',
      Action: 'sqs:SendMessage',
      Principal: { Service: 'sns.amazonaws.com' },
      Condition: { ArnEquals: { 'aws:SourceArn': arnOf(topic) } },
      Resource,
    });
    const names = ['AuditDeadLetters', 'AuditEvents', 'SupportDeadLetters', 'SupportEvents'];
    expect(statements).toEqual(names.map((name) => one(queue(name))));
  });

  test('has an alarm on the dead letters of each reader', () => {
    const names = ['AuditDeadLetters', 'SupportDeadLetters'];
    expect(alarmsOf(plain, 'AWS/SQS')).toMatchObject(
      names.map((name) => ({
        MetricName: 'ApproximateNumberOfMessagesVisible',
        Dimensions: [{ Name: 'QueueName', Value: queue(name) }],
        Threshold: 1,
      })),
    );
  });

  test('has an alarm on what SNS does not deliver, on what it loses, and on what it cannot filter', () => {
    const names = ['Failed', 'FailedToRedriveToDlq', 'FilteredOut-InvalidMessageBody'];
    expect(alarmsOf(plain, 'AWS/SNS')).toMatchObject(
      names.map((name) => ({
        MetricName: `NumberOfNotifications${name}`,
        Dimensions: [{ Name: 'TopicName' }],
        Statistic: 'Sum',
        Threshold: 1,
        TreatMissingData: 'notBreaching',
      })),
    );
  });

  test('has alarms on the function, which end when an invocation goes well', () => {
    expect(alarmsOf(plain, 'AWS/Lambda')).toMatchObject(
      ['Errors', 'Throttles'].map((MetricName) => ({ MetricName, Statistic: 'Sum', TreatMissingData: 'ignore' })),
    );
  });

  test('notifies a topic of all alarms, when they go off and when they end, and without a topic nobody', () => {
    const stack = createStack();
    const alarmTopic = Topic.fromTopicArn(stack, 'Alarms', 'arn:aws:sns:us-east-1:123456789012:alarms');
    const events = Queue.fromQueueArn(stack, 'Events', queueArn);
    new FanOut(stack, 'FanOut', {
      queue: events,
      readers: { Audit: {} },
      alarmTopic,
      maxConcurrency: 7,
      logRetention: 3,
    });
    const template = Template.fromStack(stack);
    const told = [alarmTopic.topicArn];
    template.allResourcesProperties('AWS::CloudWatch::Alarm', { AlarmActions: told, OKActions: told });
    template.hasResourceProperties('AWS::Lambda::EventSourceMapping', { ScalingConfig: { MaximumConcurrency: 7 } });
    template.hasResourceProperties('AWS::Logs::LogGroup', { RetentionInDays: 3 });
    expect(all(plain, 'AWS::CloudWatch::Alarm').flatMap(({ AlarmActions = [] }) => AlarmActions)).toEqual([]);
  });

  test('keeps the log of the function for a month', () => {
    const log = idOf(plain, 'AWS::Logs::LogGroup', /Log/);
    expect(all(plain, 'AWS::Logs::LogGroup')).toEqual([{ RetentionInDays: 30 }]);
    expect(all(plain, 'AWS::Lambda::Function')).toMatchObject([{ LoggingConfig: { LogGroup: arnOf(log) } }]);
  });

  test('encrypts the queues with a key that is given, which SNS may use for this topic', () => {
    const own = idOf(encrypted, 'AWS::KMS::Key', /Own/);
    expect(all(encrypted, 'AWS::SQS::Queue').map(({ KmsMasterKeyId }) => KmsMasterKeyId)).toEqual(
      Array(4).fill(arnOf(own)),
    );
    expect(resolve(encrypted.Resources[own]?.Properties.KeyPolicy)).toMatchObject({
      Statement: [
        {},
        {
          Effect: 'Allow',
          Action: ['kms:Decrypt', 'kms:GenerateDataKey'],
          Principal: { Service: 'sns.amazonaws.com' },
          Condition: { ArnEquals: { 'aws:SourceArn': arnOf(topic) } },
        },
      ],
    });
  });

  test('is made of a FIFO queue only', () => {
    const stack = createStack();
    const make = () => new FanOut(stack, 'FanOut', { queue: new Queue(stack, 'Events'), readers: {} });
    expect(make).toThrow('Test/Events is not a FIFO queue: a fan-out needs one');
  });
});

test("a reader's queues are as the receiver's own", () => {
  const stack = createStack();
  new EventQueue(stack, 'Own');
  const [deadLetters, events] = Object.values(Template.fromStack(stack).findResources('AWS::SQS::Queue'));
  const readers = Template.fromJSON(JSON.parse(JSON.stringify(plain)));
  for (const own of [deadLetters, events]) {
    const { RedrivePolicy, ...Properties } = own?.Properties ?? {};
    const redrive = RedrivePolicy && { RedrivePolicy: { ...RedrivePolicy, deadLetterTargetArn: Match.anyValue() } };
    const same = { ...own, Properties: { ...Properties, ...redrive } };
    readers.resourcePropertiesCountIs('AWS::SQS::Queue', same.Properties, own === events ? 2 : 4);
    readers.hasResource('AWS::SQS::Queue', same);
  }
});

test('a delivery report is as large as docs/costs.md says', async () => {
  const { deliveryReport } = sampleWebhooks('/messagemedia');
  const { body } = await startReceiver(makeKey('SHA256', 2048))(deliveryReport);
  expect(Buffer.byteLength(body)).toBeGreaterThan(assumed.event * 0.9);
  expect(Buffer.byteLength(body)).toBeLessThan(assumed.event * 1.1);
});
