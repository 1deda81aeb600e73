import { expect, test } from '@jest/globals';
import { connectSecrets, connectSqs, regionOf } from '../../cli/places.ts';

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
