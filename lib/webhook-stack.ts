import { CfnOutput, RemovalPolicy, SecretValue, Stack, type StackProps } from 'aws-cdk-lib';
import { Secret } from 'aws-cdk-lib/aws-secretsmanager';
import type { Construct } from 'constructs';
import { outputs } from '../lambda/contract.ts';
import type { Settings } from './config.ts';
import { EventQueue } from './event-queue.ts';
import { KeyRotation } from './key-rotation.ts';
import { WebhookReceiver } from './webhook-receiver.ts';

/** What the stack is made from. */
export interface WebhookStackProps extends StackProps {
  settings: Settings;
}

/** Receiver, queue and keyring, and what a person needs to know of them. */
export class WebhookStack extends Stack {
  constructor(scope: Construct, id: string, { settings, ...props }: WebhookStackProps) {
    super(scope, id, { description: 'MessageMedia webhooks, verified and queued', ...props });
    const keyring = new Secret(this, 'Keyring', {
      description: 'Public keys that MessageMedia webhooks are verified with',
      // Public keys are no secret, and an empty keyring refuses everything. The value is only ever written by you.
      secretStringValue: SecretValue.unsafePlainText('{"keys":[]}'),
      removalPolicy: RemovalPolicy.RETAIN,
    });
    const { queue, deadLetterQueue } = new EventQueue(this, 'Queue', settings);
    const receiver = new WebhookReceiver(this, 'Receiver', { ...settings, queue, keyring });
    const rotation =
      settings.rotationDays > 0 &&
      new KeyRotation(this, 'Rotation', {
        keyring,
        everyDays: settings.rotationDays,
        baseUrl: settings.messagemediaBaseUrl,
      });

    const output = (name: string, value: string, description: string) =>
      new CfnOutput(this, name, { value, description });
    output(
      outputs.callbackUrl,
      receiver.callbackUrl,
      'Give this to MessageMedia as callback_url or as the url of a webhook',
    );
    output(outputs.queueUrl, queue.queueUrl, 'SQS queue of verified events');
    output(outputs.deadLetterQueueUrl, deadLetterQueue.queueUrl, 'Events that no consumer could handle');
    output(outputs.keyringSecretArn, keyring.secretArn, 'Secret that holds the public keys');
    if (rotation) {
      output(
        outputs.apiCredentialsSecretArn,
        rotation.apiCredentials.secretArn,
        'Secret for the API credentials that rotation needs',
      );
    }
  }
}
