import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { App } from 'aws-cdk-lib';
import { readSettings } from '../../examples/settings.ts';

const place = 'eu-central-1:123456789012';
const given = {
  queueArn: `arn:aws:sqs:${place}:events.fifo`,
  keyringSecretArn: `arn:aws:secretsmanager:${place}:secret:keys-AbCdEf`,
  keyArn: `arn:aws:kms:${place}:key/1`,
};
const read = (context: object) => readSettings(new App({ context: { ...context } }).node);
const environment = { ...process.env };
beforeEach(() => {
  delete process.env.CDK_DEFAULT_REGION;
});
afterEach(() => {
  process.env = { ...environment };
});

test('a receiver of another region is refused, with the command that finds it', () => {
  process.env.CDK_DEFAULT_REGION = 'us-east-1';
  const line = (name: string) =>
    `Setting ${name} is in eu-central-1, and the stack goes to us-east-1: deploy it with AWS_REGION=eu-central-1.`;
  expect(() => read(given)).toThrow(['queueArn', 'keyringSecretArn', 'keyArn'].map(line).join('\n'));
});

test.each(['eu-central-1', undefined])('one of the same region, or of an unknown one, is taken: %s', (region) => {
  if (region) process.env.CDK_DEFAULT_REGION = region;
  expect(read(given)).toMatchObject(given);
});

const { queueArn, keyArn: queueKeyArn } = given;
const noQueue = 'No queue is given: add -c stack=NAME, or -c queueArn=arn:aws:sqs:…';
const keyring = `arn:aws:secretsmanager:${place}:secret:keys`;
test.each<[object, RegExp]>([
  [{}, new RegExp(`^${noQueue}$`)],
  [
    { language: 'perl', filter: 'none', overflowbucket: 'x', customerManagedKey: 'true' },
    /^Setting language is "perl".*\nSetting filter is "none": it must be one of .*image-replies.*\nNo queue is given.*\nSetting customerManagedKey needs stack.*\nThere is no setting overflowbucket/,
  ],
  [
    { stack: 'a b', queueArn: 'events.fifo' },
    /^Setting stack is "a b".*\nSetting queueArn is "events.fifo".*\nSetting queueArn is given twice/,
  ],
  [
    { stack: 'Receiver', maxConcurrency: '1', logRetentionDays: '31', queueKeyArn },
    /^Setting maxConcurrency is "1": it must be a whole number from 2 to 1000.*\nSetting logRetentionDays is "31": it must be one of 1, 3, .*\nSetting queueKeyArn is given twice/,
  ],
  [
    { queueArn, reader: 'Audit', maxConcurrency: '1001' },
    /^Setting maxConcurrency is "1001".*\nSetting reader needs stack/,
  ],
  [
    { queueArn, keyringSecretArn: keyring },
    new RegExp(
      `^Setting keyringSecretArn is "${keyring}": it must be the whole ARN of the keyring, which ends in a hyphen and six characters.$`,
    ),
  ],
])('what is wrong with %j is told at once', (context, message) => {
  expect(() => read(context)).toThrow(message);
});
