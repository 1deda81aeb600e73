import { readdirSync, readFileSync } from 'node:fs';
import { App, Stack } from 'aws-cdk-lib';
import { Key } from 'aws-cdk-lib/aws-kms';
import { FilterCriteria } from 'aws-cdk-lib/aws-lambda';
import { Bucket } from 'aws-cdk-lib/aws-s3';
import { Secret } from 'aws-cdk-lib/aws-secretsmanager';
import { Queue } from 'aws-cdk-lib/aws-sqs';
import { createReader, SettingError } from '../lib/settings/context.ts';
import { PythonConsumer } from './python/python-consumer.ts';
import { TypeScriptConsumer } from './typescript/typescript-consumer.ts';

const consumers = { typescript: TypeScriptConsumer, python: PythonConsumer };
const filters = new URL('filters/', import.meta.url);

/** The settings, each given as `-c name=value`. @throws {SettingError} naming every wrong setting */
function readSettings({ node }: App) {
  const read = createReader(node);
  const names = readdirSync(filters).flatMap((name) => /^(.+)\.json$/.exec(name)?.[1] ?? []);
  const settings = {
    queueArn: read.text(
      'queueArn',
      /^arn:aws[a-z-]*:sqs:[a-z0-9-]+:\d{12}:[\w.-]+$/,
      'the ARN of the queue of events, the output QueueArn',
    ),
    language: read.oneOf('language', ['typescript', 'python']),
    overflowBucket: read.text('overflowBucket', /^[a-z0-9.-]{3,63}$/, 'the name of the bucket for large events'),
    keyArn: read.text(
      'keyArn',
      /^arn:aws[a-z-]*:kms:[a-z0-9-]+:\d{12}:key\/[\w-]+$/,
      'the ARN of the KMS key of a stack with customerManagedKey',
    ),
    keyringSecretArn: read.text(
      'keyringSecretArn',
      /^arn:aws[a-z-]*:secretsmanager:[a-z0-9-]+:\d{12}:secret:.+$/,
      'the ARN of the secret with the keyring',
    ),
    filter: read.text('filter', { test: (name) => names.includes(name) }, `one of ${names.join(', ')}`),
  };
  read.finish(Object.keys(settings));
  if (settings.queueArn === undefined) {
    throw new SettingError(
      'No queue is given: add -c queueArn=arn:aws:sqs:…, or all outputs of the stack: $(npx mmw outputs --context --stack NAME)',
    );
  }
  return { ...settings, queueArn: settings.queueArn };
}

/** A consumer in its own stack. */
function addConsumer(app: App): void {
  const { queueArn, language, overflowBucket, keyArn, keyringSecretArn, filter } = readSettings(app);
  const stack = new Stack(app, 'MessageMediaConsumer');
  const encryptionKey = keyArn === undefined ? undefined : Key.fromKeyArn(stack, 'Key', keyArn);
  new consumers[language](stack, 'Consumer', {
    queue: Queue.fromQueueAttributes(stack, 'Events', { queueArn, ...(keyArn !== undefined && { keyArn }) }),
    ...(overflowBucket !== undefined && {
      overflowBucket: Bucket.fromBucketAttributes(stack, 'Large', { bucketName: overflowBucket, encryptionKey }),
    }),
    ...(keyringSecretArn !== undefined && {
      keyring: Secret.fromSecretAttributes(stack, 'Keyring', { secretCompleteArn: keyringSecretArn, encryptionKey }),
    }),
    ...(filter !== undefined && { filters: readPatterns(filter).map((pattern) => FilterCriteria.filter(pattern)) }),
  });
}

function readPatterns(name: string): Record<string, unknown>[] {
  return JSON.parse(readFileSync(new URL(`${name}.json`, filters), 'utf8'));
}

try {
  addConsumer(new App());
} catch (error) {
  if (!(error instanceof SettingError)) throw error;
  console.error(error.message);
  process.exitCode = 1;
}
