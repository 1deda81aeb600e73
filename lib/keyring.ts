import { RemovalPolicy, SecretValue } from 'aws-cdk-lib';
import { Secret } from 'aws-cdk-lib/aws-secretsmanager';
import type { Construct } from 'constructs';
import { acknowledge } from './acknowledge.ts';
import type { EncryptionOptions } from './data-stores.ts';

/** The secret with the public keys. It starts empty, so everything is refused. It stays when the stack is deleted. */
export class Keyring extends Secret {
  constructor(scope: Construct, id: string, { encryptionKey }: EncryptionOptions = {}) {
    super(scope, id, {
      description: 'Public keys that MessageMedia webhooks are verified with',
      // Public keys need not be kept secret. A deployment writes this value only once.
      secretStringValue: SecretValue.unsafePlainText('{"keys":[]}'),
      encryptionKey,
      removalPolicy: RemovalPolicy.RETAIN_ON_UPDATE_OR_DELETE,
    });
    acknowledge(this, {
      id: 'AwsSolutions-SMG4',
      reason: 'It holds public keys that MessageMedia creates: `mmw keys rotate` or a rotation function replaces them.',
    });
  }
}
