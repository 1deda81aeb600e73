import { App, CfnOutput, Stack } from 'aws-cdk-lib';
import { Key } from 'aws-cdk-lib/aws-kms';
import { Bucket } from 'aws-cdk-lib/aws-s3';
import { Queue } from 'aws-cdk-lib/aws-sqs';
import { createReader, SettingError } from '../../lib/settings/context.ts';
import { FanOut, type Reader } from './fan-out.ts';

/** Put your own readers in place of these. */
const readers: Record<string, Reader> = {
  Audit: {},
  Analytics: {},
  Support: { types: ['com.messagemedia.reply', 'com.messagemedia.opt_out'] },
};

/** The outputs of the receiver's stack, each given as `-c name=value`. @throws {SettingError} naming every wrong one */
function readSettings({ node }: App) {
  const read = createReader(node);
  const queueArn = read.text(
    'queueArn',
    /^arn:aws[a-z-]*:sqs:[a-z0-9-]+:\d{12}:[\w-]+\.fifo$/,
    'the ARN of the FIFO queue of events, the output QueueArn',
  );
  const overflowBucket = read.text('overflowBucket', /^[a-z0-9.-]{3,63}$/, 'the name of the bucket for large events');
  const keyArn = read.text(
    'keyArn',
    /^arn:aws[a-z-]*:kms:[a-z0-9-]+:\d{12}:key\/[\w-]+$/,
    'the ARN of the KMS key of a stack with customerManagedKey',
  );
  // `mmw outputs --context` gives the keyring too; a fan-out needs no key to pass on what it got.
  read.finish(['queueArn', 'overflowBucket', 'keyArn', 'keyringSecretArn']);
  if (queueArn === undefined || overflowBucket === undefined) {
    throw new SettingError(
      'No queue or no bucket is given: add all outputs of the stack: $(npx mmw outputs --context --stack NAME)',
    );
  }
  return { queueArn, overflowBucket, keyArn };
}

/** A fan-out in its own stack, with the URL of each reader's queue as an output. */
function addFanOut(app: App): void {
  const { queueArn, overflowBucket, keyArn } = readSettings(app);
  const stack = new Stack(app, 'MessageMediaFanOut');
  const encryptionKey = keyArn === undefined ? undefined : Key.fromKeyArn(stack, 'Key', keyArn);
  const { queues } = new FanOut(stack, 'FanOut', {
    queue: Queue.fromQueueAttributes(stack, 'Events', { queueArn, ...(keyArn !== undefined && { keyArn }) }),
    overflowBucket: Bucket.fromBucketAttributes(stack, 'Large', { bucketName: overflowBucket, encryptionKey }),
    readers,
    // Who has a key of their own for the events has one for the copies too.
    ...(encryptionKey && { encryptionKey: new Key(stack, 'ReadersKey', { enableKeyRotation: true }) }),
  });
  for (const [name, { queue, deadLetterQueue }] of Object.entries(queues)) {
    new CfnOutput(stack, `${name}QueueUrl`, { value: queue.queueUrl });
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
