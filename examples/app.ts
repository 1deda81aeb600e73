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
const account = '[a-z0-9-]+:\\d{12}';

/** What can be chosen, each as `-c name=value`. @throws {SettingError} naming all that is wrong */
function readSettings({ node }: App) {
  const read = createReader(node);
  const names = readdirSync(filters).flatMap((name) => /^(.+)\.json$/.exec(name)?.[1] ?? []);
  const settings = {
    queueArn: read.arn('queueArn', `sqs:${account}:[\\w.-]+`, 'the queue of events, the output QueueArn'),
    language: read.oneOf('language', ['typescript', 'python']),
    overflowBucket: read.text('overflowBucket', /^[a-z0-9.-]{3,63}$/, 'the name of the bucket for large events'),
    keyArn: read.arn('keyArn', `kms:${account}:key/[\\w-]+`, 'the KMS key of a stack with customerManagedKey'),
    keyringSecretArn: read.arn(
      'keyringSecretArn',
      `secretsmanager:${account}:secret:.+`,
      'the secret with the keyring',
    ),
    replays: read.oneOf('replays', ['skip', 'handle']),
    filter: read.text('filter', new RegExp(`^(${names.join('|')})$`), `one of ${names.join(', ')}`),
  };
  read.finish(Object.keys(settings));
  if (settings.queueArn === undefined) {
    throw new SettingError(
      'Which queue? Give -c queueArn=arn:aws:sqs:…, or all that the stack has: $(npx mmw outputs --context --stack NAME)',
    );
  }
  return { ...settings, queueArn: settings.queueArn };
}

/** A consumer in a stack of its own. */
function addConsumer(app: App): void {
  const { queueArn, language, overflowBucket, keyArn, keyringSecretArn, replays, filter } = readSettings(app);
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
