import { expect, test } from '@jest/globals';
import { targetOf } from '../../cli/target.ts';

const env = { QUEUE_URL: 'https://sqs/environment', OVERFLOW_BUCKET: 'bucket-of-environment' };
const outputs = new Map([
  ['QueueUrl', 'https://sqs/stack'],
  ['OverflowBucketName', 'bucket-of-stack'],
  ['ArchiveQueueUrl', 'https://sqs/archive'],
  ['FunctionLogGroup', 'receiver'],
  ['ReconciliationLogGroup', 'reconciliation'],
]);

test('of a stack everything is its own, whatever the environment names', () => {
  expect(targetOf({ stack: 's' }, outputs, env)).toEqual({
    queueUrl: 'https://sqs/stack',
    archiveQueueUrl: 'https://sqs/archive',
    bucket: 'bucket-of-stack',
    logGroups: ['receiver', 'reconciliation'],
  });
});

test('without a stack the option comes before the environment, and there is no log', () => {
  const target = { queueUrl: 'https://sqs/environment', bucket: 'bucket-of-environment', logGroups: [] };
  expect(targetOf({}, undefined, env)).toEqual(target);
  const queueUrl = 'https://sqs/option';
  expect(targetOf({ queueUrl }, undefined, env)).toEqual({ ...target, queueUrl });
});

test.each([
  [{}, undefined, 'No queue is given: add --stack or --queue-url, or set QUEUE_URL.'],
  [{ stack: 's' }, new Map<string, string>(), 'Stack s has no output QueueUrl: add --stack or --queue-url'],
])('%j without a queue is refused', (options, found, words) => {
  expect(() => targetOf(options, found, { QUEUE_URL: found && 'https://sqs/environment' })).toThrow(words);
});
