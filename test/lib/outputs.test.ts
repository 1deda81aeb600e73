import { expect, test } from '@jest/globals';
import { Duration, NestedStack, Stack } from 'aws-cdk-lib';
import { Key } from 'aws-cdk-lib/aws-kms';
import { outputs } from '../../lambda/stack-outputs.ts';
import { KeyRotation, Monitoring, Reconciliation, WebhookReceiver } from '../../lib/index.ts';
import { createApp, stackOf, templateOf } from './support.ts';

const always = ['CallbackUrl', 'QueueUrl', 'QueueArn', 'DeadLetterQueueUrl', 'KeyringSecretArn', 'OverflowBucketName'];
const logs = ['FunctionLogGroup', 'AccessLogGroup'];

test('each receiver has outputs that begin with its path, also in a nested stack, in the stack that people know', () => {
  const stack = new Stack(createApp(), 'Shop');
  new WebhookReceiver(stack, 'Marketing').addOutputs();
  new WebhookReceiver(new NestedStack(stack, 'Nested'), 'Support-2').addOutputs();
  new WebhookReceiver(stack, 'Silent');
  const { json } = templateOf(stack);
  const names = [...always, ...logs];
  const expected = ['Marketing', 'NestedSupport2'].flatMap((prefix) => names.map((name) => `${prefix}${name}`));
  expect(Object.keys(json.Outputs)).toEqual(expected);
});

test('what belongs to a receiver is among its outputs', () => {
  const stack = new Stack(createApp(), 'Shop');
  const encryptionKey = new Key(stack, 'Key');
  const receiver = new WebhookReceiver(stack, 'Webhooks', { encryptionKey });
  const baseUrl = 'eu';
  const every = Duration.days(1);
  const rotation = new KeyRotation(stack, 'Rotation', { keyring: receiver.keyring, every, baseUrl });
  const { apiCredentials } = rotation;
  const reconciliation = new Reconciliation(stack, 'Reconciliation', { receiver, every, baseUrl, apiCredentials });
  const { dashboard } = new Monitoring(stack, 'Monitoring', { receiver, rotation, reconciliation });
  receiver.addOutputs({ rotation, reconciliation, dashboard });
  const own = templateOf(stack).json.Outputs;
  const ofApp = stackOf({ customerManagedKey: 'true', rotationDays: '1', reconcileMinutes: '60' }).json.Outputs;
  expect(Object.keys(own)).toEqual(Object.keys(ofApp).map((name) => `Webhooks${name}`));
  expect(own.WebhooksKeyArn?.Value).toEqual(stack.resolve(encryptionKey.keyArn));
  expect(own.WebhooksApiCredentialsSecretArn?.Value).toEqual(stack.resolve(apiCredentials.secretArn));
});

test('every output is of some deployment', () => {
  const everything = { customerManagedKey: 'true', rotationDays: '1', reconcileMinutes: '60', archiveDays: '1' };
  const domain = {
    domainName: 'hooks.example.com',
    certificateArn: 'arn:aws:acm:us-east-1:123456789012:certificate/1',
  };
  const { json } = stackOf({ ...everything, ...domain });
  expect(Object.keys(json.Outputs).sort()).toEqual(Object.values(outputs).sort());
});
