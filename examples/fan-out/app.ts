import { App, CfnOutput, Stack } from 'aws-cdk-lib';
import { Key } from 'aws-cdk-lib/aws-kms';
import { Bucket } from 'aws-cdk-lib/aws-s3';
import { Queue } from 'aws-cdk-lib/aws-sqs';
import { readSettings, receiverSettings, SettingError } from '../settings.ts';
import { FanOut, type Reader } from './fan-out.ts';

/** Put your own readers in place of these. */
const readers: Record<string, Reader> = {
  Audit: {},
  Analytics: {},
  Support: { types: ['com.messagemedia.reply', 'com.messagemedia.opt_out'] },
};

/** Adds a fan-out in a stack of its own, with each reader's queues as outputs. */
function addFanOut(app: App): void {
  const { queueArn, overflowBucket, keyArn } = readSettings(app.node, receiverSettings);
  if (overflowBucket === undefined)
    throw new SettingError('No bucket is given: add -c stack=NAME, or -c overflowBucket=…');
  const stack = new Stack(app, 'MessageMediaFanOut');
  const encryptionKey = keyArn === undefined ? undefined : Key.fromKeyArn(stack, 'Key', keyArn);
  const { readers: queues } = new FanOut(stack, 'FanOut', {
    queue: Queue.fromQueueAttributes(stack, 'Events', {
      queueArn,
      fifo: true,
      ...(keyArn !== undefined && { keyArn }),
    }),
    overflowBucket: Bucket.fromBucketAttributes(stack, 'Large', { bucketName: overflowBucket, encryptionKey }),
    readers,
    // If a key of your own encrypts the events, another one encrypts the copies too.
    ...(encryptionKey && { encryptionKey: new Key(stack, 'ReadersKey', { enableKeyRotation: true }) }),
  });
  for (const [name, { queue, deadLetterQueue }] of Object.entries(queues)) {
    new CfnOutput(stack, `${name}QueueUrl`, { value: queue.queueUrl });
    new CfnOutput(stack, `${name}QueueArn`, { value: queue.queueArn });
    new CfnOutput(stack, `${name}DeadLetterQueueUrl`, { value: deadLetterQueue.queueUrl });
  }
}

try {
  addFanOut(new App());
} catch (error) {
  if (!(error instanceof SettingError)) throw error;
  console.error(error.message);
  process.exitCode = 1;
}
