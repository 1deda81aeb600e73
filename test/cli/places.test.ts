import { describe, expect, test } from '@jest/globals';
import { connectSecrets, connectSqs, regionOf } from '../../cli/places.ts';
import { outputsOfReceiver, stackNameOf } from '../../cli/receivers.ts';
import { targetOf } from '../../cli/target.ts';

test.each([
  ['https://sqs.eu-west-1.amazonaws.com/123456789012/events.fifo', 'eu-west-1'],
  ['https://sqs-fips.us-gov-west-1.amazonaws.com/123456789012/events', 'us-gov-west-1'],
  ['https://ap-southeast-2.queue.amazonaws.com/123456789012/events', 'ap-southeast-2'],
  ['https://sqs.cn-north-1.amazonaws.com.cn/123456789012/events', 'cn-north-1'],
  ['https://sqs.eu-west-1.api.aws/123456789012/events', 'eu-west-1'],
  ['arn:aws:secretsmanager:eu-central-1:123456789012:secret:keys-AbCdEf', 'eu-central-1'],
  ['https://queue.amazonaws.com/123456789012/events', undefined],
  ['http://127.0.0.1:3000/000000000000/events.fifo', undefined],
  ['https://sqs.eu-west-1.amazonaws.com.example.com/123456789012/events', undefined],
  ['keys', undefined],
])('%s is in the region %s', (text, region) => {
  expect(regionOf(text).region).toBe(region);
});

test('a queue and a secret are called in their own region, and others in that of the environment', async () => {
  const before = process.env.AWS_REGION;
  process.env.AWS_REGION = 'us-east-1';
  try {
    const queue = connectSqs('https://sqs.eu-west-1.amazonaws.com/123456789012/events.fifo');
    const secret = connectSecrets('arn:aws:secretsmanager:eu-central-1:123456789012:secret:keys-AbCdEf');
    const regions = [queue, secret, connectSqs('http://127.0.0.1/q'), connectSecrets('keys')].map(({ config }) =>
      config.region(),
    );
    expect(await Promise.all(regions)).toEqual(['eu-west-1', 'eu-central-1', 'us-east-1', 'us-east-1']);
  } finally {
    if (before === undefined) delete process.env.AWS_REGION;
    else process.env.AWS_REGION = before;
  }
});

describe('the outputs of a receiver', () => {
  const ofStack = (...prefixes: string[]) =>
    new Map(
      prefixes.flatMap((prefix) => [
        [`${prefix}CallbackUrl`, `https://${prefix}.example.com`] as const,
        [`${prefix}KeyringSecretArn`, prefix] as const,
      ]),
    );
  /** Outputs of somebody else in the same stack. */
  const others = [
    ['SingleSignOnCallbackUrl', 'https://sso.example.com'],
    ['SiteUrl', 'https://example.com'],
  ] as const;
  const keyringOf = (stack: string, ...prefixes: string[]) =>
    outputsOfReceiver(stack, new Map([...others, ...ofStack(...prefixes)])).get('KeyringSecretArn');

  test.each([
    ['Shop', ['Marketing'], 'Marketing'],
    ['Shop', [''], ''],
    ['Shop', ['', 'Marketing'], ''],
    ['Shop --receiver Support', ['Marketing', 'Support'], 'Support'],
    ['Shop --receiver Nested/Support-2', ['Marketing', 'NestedSupport2'], 'NestedSupport2'],
    ['Shop --receiver NestedSupport2', ['NestedSupport2'], 'NestedSupport2'],
  ])('%s, which has %j, means %j', (stack, prefixes, expected) => {
    expect(keyringOf(stack, ...prefixes)).toBe(expected);
  });

  test.each([
    [
      'Shop',
      ['Marketing', 'Support'],
      'Stack Shop has several receivers: add --receiver Marketing or --receiver Support.',
    ],
    ['Shop --receiver Sales', ['Marketing'], 'Stack Shop has no receiver Sales: add --receiver Marketing.'],
    ['Shop --receiver Sales', [''], 'Stack Shop has no receiver Sales: leave --receiver out.'],
  ])('%s, which has %j, is refused', (stack, prefixes, words) => {
    expect(() => keyringOf(stack, ...prefixes)).toThrow(words);
  });

  test('what belongs to others is left out, and a stack without a receiver has nothing', () => {
    expect([...outputsOfReceiver('Shop', new Map([...others, ...ofStack('Marketing')])).keys()]).toEqual([
      'CallbackUrl',
      'KeyringSecretArn',
    ]);
    expect(outputsOfReceiver('Shop', new Map(others)).size).toBe(0);
    expect(stackNameOf('Shop --receiver Marketing')).toBe('Shop');
    expect(stackNameOf('Shop')).toBe('Shop');
  });
});

describe('a target', () => {
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
});
