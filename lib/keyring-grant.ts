import { Grant, type Role } from 'aws-cdk-lib/aws-iam';
import type { ISecret } from 'aws-cdk-lib/aws-secretsmanager';
import { expectHere } from './brought-resource.ts';
import { grantKeyThrough } from './key-grant.ts';

/** Lets a role read the keyring's current value, and nothing else of it: the CDK's own grant would also let it describe the secret. */
export function grantReadKeyring(role: Role, keyring: ISecret): void {
  expectHere(role, 'Keyring', { arn: keyring.secretArn, env: keyring.env }, ['region']);
  const actions = ['secretsmanager:GetSecretValue'];
  Grant.addToPrincipal({ grantee: role, actions, resourceArns: [keyringArnOf(keyring)] });
  grantKeyThrough(role, keyring.encryptionKey, 'secretsmanager', ['kms:Decrypt'], keyring);
}

/** The keyring's ARN for a policy. Secrets Manager adds six characters to a name, which an import by name does not know. */
export function keyringArnOf({ secretFullArn, secretArn }: ISecret): string {
  return secretFullArn ?? `${secretArn}-??????`;
}
