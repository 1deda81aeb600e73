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

test('an ARN of the keyring without its end is refused', () => {
  const keyringSecretArn = `arn:aws:secretsmanager:${place}:secret:keys`;
  expect(() => read({ ...given, keyringSecretArn })).toThrow(
    `Setting keyringSecretArn is "${keyringSecretArn}": it must be the whole ARN of the keyring, which ends in a hyphen and six characters.`,
  );
});
