import { afterAll, beforeAll, expect, test } from '@jest/globals';
import type { LocalServer } from '../../sandbox/http.ts';
import { startCloudFormation } from './cloud-formation.ts';
import { localEnvironment, run } from './terminal.ts';

const outputs: Record<string, string> = {
  QueueUrl: 'https://sqs.us-east-1.amazonaws.com/123456789012/events.fifo',
  QueueArn: 'arn:aws:sqs:us-east-1:123456789012:events.fifo',
  KeyringSecretArn: 'arn:aws:secretsmanager:us-east-1:123456789012:secret:keyring-AbCdEf',
  OverflowBucketName: "it's",
  ReconciliationLogGroup: 'reconciliation-log',
  DashboardName: 'not for a shell',
};

let cloudFormation: LocalServer;
let answered = outputs;
beforeAll(async () => {
  cloudFormation = await startCloudFormation(() => answered);
});
afterAll(() => cloudFormation.close());

const mmw = (...args: string[]) =>
  run(['outputs', '--stack', 's', ...args], localEnvironment({ AWS_ENDPOINT_URL: cloudFormation.url }));

test('are variables that a shell can evaluate', async () => {
  expect((await mmw()).stdout).toBe(
    [
      "export QUEUE_URL='https://sqs.us-east-1.amazonaws.com/123456789012/events.fifo'",
      "export KEYRING_SECRET_ID='arn:aws:secretsmanager:us-east-1:123456789012:secret:keyring-AbCdEf'",
      "export OVERFLOW_BUCKET='it'\\''s'",
      "export RECONCILIATION_LOG_GROUP='reconciliation-log'",
      '',
    ].join('\n'),
  );
});

test('are the context of the example consumer', async () => {
  const { stdout } = await mmw('--context', '--json');
  expect(JSON.parse(stdout)).toEqual({
    queueArn: outputs.QueueArn,
    overflowBucket: "it's",
    keyringSecretArn: outputs.KeyringSecretArn,
  });
});

test('are those of the receiver that is named, and without a name its own is asked for', async () => {
  const ofReceiver = (prefix: string) =>
    Object.entries({ ...outputs, CallbackUrl: 'https://a' }).map(([name, value]) => [
      `${prefix}${name}`,
      `${prefix}${value}`,
    ]);
  answered = Object.fromEntries(['Marketing', 'NestedSupport'].flatMap(ofReceiver));
  expect((await mmw('--receiver', 'Nested/Support')).stdout).toContain(
    "export OVERFLOW_BUCKET='NestedSupportit'\\''s'",
  );
  const { code, stderr } = await mmw();
  const advice = 'error: Stack s has several receivers: add --receiver Marketing or --receiver NestedSupport.';
  expect([code, stderr]).toEqual([1, expect.stringContaining(advice)]);
});

test('of a stack of something else are an error', async () => {
  answered = { Other: 'x' };
  const { code, stderr } = await mmw();
  expect([code, stderr]).toEqual([1, expect.stringContaining('Stack s has no output QueueUrl')]);
});
