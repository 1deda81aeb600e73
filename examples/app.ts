import { readFileSync } from 'node:fs';
import { type App, CfnOutput, Stack } from 'aws-cdk-lib';
import { Key } from 'aws-cdk-lib/aws-kms';
import { FilterCriteria } from 'aws-cdk-lib/aws-lambda';
import { Bucket } from 'aws-cdk-lib/aws-s3';
import { Secret } from 'aws-cdk-lib/aws-secretsmanager';
import { Topic } from 'aws-cdk-lib/aws-sns';
import { Queue } from 'aws-cdk-lib/aws-sqs';
import { PythonConsumer } from './python/python-consumer.ts';
import { filters, readSettings, runApp } from './settings.ts';
import { TypeScriptConsumer } from './typescript/typescript-consumer.ts';

const consumers = { typescript: TypeScriptConsumer, python: PythonConsumer };

/** A consumer in its own stack, which has a name of its own for each reader of a fan-out. */
function addConsumer(app: App): void {
  const settings = readSettings(app.node);
  const { queueArn, language, overflowBucket, keyArn, queueKeyArn, keyringSecretArn, filter, reader } = settings;
  const { isReceivers, replays, polled, maxConcurrency, logRetention, alarmTopicArn } = settings;
  const stack = new Stack(app, `MessageMediaConsumer${reader ?? ''}`);
  const encryptionKey = keyArn === undefined ? undefined : Key.fromKeyArn(stack, 'Key', keyArn);
  const { consumer, logGroup } = new consumers[language](stack, 'Consumer', {
    replays,
    polled,
    maxConcurrency,
    logRetention,
    isWatched: isReceivers,
    queue: Queue.fromQueueAttributes(stack, 'Events', {
      queueArn,
      ...(queueKeyArn !== undefined && { keyArn: queueKeyArn }),
    }),
    ...(overflowBucket !== undefined && {
      overflowBucket: Bucket.fromBucketAttributes(stack, 'Large', { bucketName: overflowBucket, encryptionKey }),
    }),
    ...(keyringSecretArn !== undefined && {
      keyring: Secret.fromSecretAttributes(stack, 'Keyring', { secretCompleteArn: keyringSecretArn, encryptionKey }),
    }),
    ...(filter !== undefined && { filters: readPatterns(filter).map((pattern) => FilterCriteria.filter(pattern)) }),
    ...(alarmTopicArn !== undefined && { alarmTopic: Topic.fromTopicArn(stack, 'AlarmTopic', alarmTopicArn) }),
  });
  new CfnOutput(stack, 'ConsumerLogGroup', { value: logGroup.logGroupName });
  new CfnOutput(stack, 'IdempotencyTableName', { value: consumer.table.tableName });
}

function readPatterns(name: string): Record<string, unknown>[] {
  return JSON.parse(readFileSync(new URL(`${name}.json`, filters), 'utf8'));
}

runApp(addConsumer);
