import { readFileSync } from 'node:fs';
import { App, Stack } from 'aws-cdk-lib';
import { Key } from 'aws-cdk-lib/aws-kms';
import { FilterCriteria } from 'aws-cdk-lib/aws-lambda';
import { Bucket } from 'aws-cdk-lib/aws-s3';
import { Secret } from 'aws-cdk-lib/aws-secretsmanager';
import { Queue } from 'aws-cdk-lib/aws-sqs';
import { PythonConsumer } from './python/python-consumer.ts';
import { TypeScriptConsumer } from './typescript/typescript-consumer.ts';

/**
 * A CDK app with one consumer in a stack of its own. Context: `queueArn`, and if wanted `language` (`typescript` or
 * `python`), `overflowBucket` (its name), `keyArn`, `keyringSecretArn`, and `filter` (a file's name in `filters/`, without ending).
 */
const app = new App();
const stack = new Stack(app, 'MessageMediaConsumer');
const setting = (name: string): string | undefined => app.node.tryGetContext(name);

const queueArn = setting('queueArn');
const language = setting('language') ?? 'typescript';
const overflowBucket = setting('overflowBucket');
const keyringSecretArn = setting('keyringSecretArn');
const filter = setting('filter');
const keyArn = setting('keyArn');
if (queueArn === undefined) throw new Error('Which queue? Give -c queueArn=arn:aws:sqs:…');
const consumers = { typescript: TypeScriptConsumer, python: PythonConsumer };
if (language !== 'typescript' && language !== 'python') throw new Error('language is typescript or python');

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

function readPatterns(name: string): Record<string, unknown>[] {
  return JSON.parse(readFileSync(new URL(`filters/${name}.json`, import.meta.url), 'utf8'));
}
