import { readFileSync } from 'node:fs';
import { App, Stack } from 'aws-cdk-lib';
import { Key } from 'aws-cdk-lib/aws-kms';
import { FilterCriteria } from 'aws-cdk-lib/aws-lambda';
import { Bucket } from 'aws-cdk-lib/aws-s3';
import { Secret } from 'aws-cdk-lib/aws-secretsmanager';
import { Queue } from 'aws-cdk-lib/aws-sqs';
import { PythonConsumer } from './python/python-consumer.ts';
import { filters, readSettings, SettingError } from './settings.ts';
import { TypeScriptConsumer } from './typescript/typescript-consumer.ts';

const consumers = { typescript: TypeScriptConsumer, python: PythonConsumer };

/** A consumer in its own stack. */
function addConsumer(app: App): void {
  const { queueArn, language, overflowBucket, keyArn, keyringSecretArn, replays, filter } = readSettings(app.node);
  const stack = new Stack(app, 'MessageMediaConsumer');
  const encryptionKey = keyArn === undefined ? undefined : Key.fromKeyArn(stack, 'Key', keyArn);
  new consumers[language](stack, 'Consumer', {
    replays,
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
