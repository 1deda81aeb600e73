import { type App, CfnOutput, Stack } from 'aws-cdk-lib';
import { Key } from 'aws-cdk-lib/aws-kms';
import { Topic } from 'aws-cdk-lib/aws-sns';
import { Queue } from 'aws-cdk-lib/aws-sqs';
import { fanOutSettings, fanOutStack, readSettings, runApp } from '../settings.ts';
import { FanOut, type Reader } from './fan-out.ts';

/** Put your own readers in place of these. */
const readers: Record<string, Reader> = {
  Audit: {},
  Analytics: {},
  Support: { types: ['com.messagemedia.reply', 'com.messagemedia.opt_out'] },
};

/** Adds a fan-out in a stack of its own, with each reader's queues as outputs. */
function addFanOut(app: App): void {
  const { queueArn, keyArn, maxConcurrency, logRetention, alarmTopicArn } = readSettings(app.node, fanOutSettings);
  const stack = new Stack(app, fanOutStack.name);
  // If a key of your own encrypts the events, another one encrypts the copies too.
  const encryptionKey = keyArn === undefined ? undefined : new Key(stack, 'ReadersKey', { enableKeyRotation: true });
  const { readers: queues, logGroup } = new FanOut(stack, 'FanOut', {
    queue: Queue.fromQueueAttributes(stack, 'Events', {
      queueArn,
      fifo: true,
      ...(keyArn !== undefined && { keyArn }),
    }),
    readers,
    maxConcurrency,
    logRetention,
    ...(encryptionKey && { encryptionKey }),
    ...(alarmTopicArn !== undefined && { alarmTopic: Topic.fromTopicArn(stack, 'AlarmTopic', alarmTopicArn) }),
  });
  new CfnOutput(stack, 'ForwarderLogGroup', { value: logGroup.logGroupName });
  if (encryptionKey) new CfnOutput(stack, fanOutStack.keyOutput, { value: encryptionKey.keyArn });
  for (const [name, { queue, deadLetterQueue }] of Object.entries(queues)) {
    new CfnOutput(stack, `${name}QueueUrl`, { value: queue.queueUrl });
    new CfnOutput(stack, `${name}QueueArn`, { value: queue.queueArn });
    new CfnOutput(stack, `${name}DeadLetterQueueUrl`, { value: deadLetterQueue.queueUrl });
  }
}

runApp(addFanOut);
