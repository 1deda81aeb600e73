import { Grant, type Role } from 'aws-cdk-lib/aws-iam';
import type { ISecret } from 'aws-cdk-lib/aws-secretsmanager';
import { grantKeyThrough } from './key-grant.ts';

/** Lets a role read the keyring's current value, and nothing else of it: the CDK's own grant would also let it describe the secret. */
export function grantReadKeyring(role: Role, keyring: ISecret): void {
  const secretArn = keyring.secretFullArn ?? `${keyring.secretArn}-??????`;
  Grant.addToPrincipal({ grantee: role, actions: ['secretsmanager:GetSecretValue'], resourceArns: [secretArn] });
  grantKeyThrough(role, keyring.encryptionKey, 'secretsmanager', ['kms:Decrypt'], keyring);
}
