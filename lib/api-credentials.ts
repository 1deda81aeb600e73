import { Lazy, RemovalPolicy, SecretValue, Validations } from 'aws-cdk-lib';
import { AnyPrincipal, Effect, Grant, PolicyStatement, type Role } from 'aws-cdk-lib/aws-iam';
import type { IKey } from 'aws-cdk-lib/aws-kms';
import { Secret } from 'aws-cdk-lib/aws-secretsmanager';
import type { Construct } from 'constructs';
import { grantKeyThrough } from './key-grant.ts';

/** What the secret can be. */
export interface ApiCredentialsProps {
  /**
   * Encrypts the secret.
   * @default - the account's own key of Secrets Manager, at no charge
   */
  encryptionKey?: IKey;
}

/**
 * Gets the credentials of MessageMedia's API. Nobody may read it but the functions that call the API, whatever other
 * policies say. A person fills it in after the first deployment; it outlives the stack.
 */
export class ApiCredentials extends Secret {
  readonly #readers: string[] = [];

  constructor(scope: Construct, id: string, { encryptionKey }: ApiCredentialsProps = {}) {
    super(scope, id, {
      description: 'Credentials of the MessageMedia API, for the functions that call it alone',
      secretStringValue: SecretValue.unsafePlainText('{"api_key":"","api_secret":""}'),
      encryptionKey,
      removalPolicy: RemovalPolicy.RETAIN,
    });
    Validations.of(this).acknowledge({
      id: 'AwsSolutions-SMG4',
      reason: 'MessageMedia has no call that makes new API credentials: a person replaces them.',
    });
    // One statement for all readers: with one for each, every reader would be denied by the others'.
    const readers = Lazy.any({ produce: () => (this.#readers.length === 1 ? this.#readers[0] : this.#readers) });
    this.addToResourcePolicy(
      new PolicyStatement({
        effect: Effect.DENY,
        principals: [new AnyPrincipal()],
        actions: ['secretsmanager:GetSecretValue'],
        // In a secret's own policy this is that secret.
        resources: ['*'],
        conditions: { ArnNotEquals: { 'aws:PrincipalArn': readers } },
      }),
    );
  }

  /** Lets a function read the credentials. */
  allowReading(role: Role): Grant {
    this.#readers.push(role.roleArn);
    grantKeyThrough(role, this.encryptionKey, 'secretsmanager', ['kms:Decrypt'], this);
    return Grant.addToPrincipal({
      grantee: role,
      actions: ['secretsmanager:GetSecretValue'],
      resourceArns: [this.secretArn],
    });
  }
}
