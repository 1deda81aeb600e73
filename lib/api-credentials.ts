import { Lazy, RemovalPolicy, SecretValue } from 'aws-cdk-lib';
import {
  AnyPrincipal,
  ArnPrincipal,
  Effect,
  Grant,
  type IGrantable,
  type IPrincipal,
  PolicyStatement,
  type Role,
} from 'aws-cdk-lib/aws-iam';
import type { ILogGroup } from 'aws-cdk-lib/aws-logs';
import { Secret } from 'aws-cdk-lib/aws-secretsmanager';
import type { Construct, IConstruct } from 'constructs';
import { acknowledge } from './acknowledge.ts';
import type { EncryptionOptions } from './data-stores.ts';
import { grantKeyThrough } from './grants.ts';
import type { LogOptions } from './log-group.ts';

/** Options of a construct that calls MessageMedia's API. */
export interface ApiCallerOptions extends LogOptions {
  /** MessageMedia's API: `messagemedia`, `us`, `eu`, `au`, or a URL. */
  readonly baseUrl: string;
  /**
   * The credentials of the API, for example those of another construct.
   * @default - its own secret
   */
  readonly apiCredentials?: ApiCredentials;
}

/** A construct that calls MessageMedia's API: `KeyRotation` and `Reconciliation`. */
export interface IApiCaller extends IConstruct {
  /** The credentials that it calls with. */
  readonly apiCredentials: ApiCredentials;
  readonly log: ILogGroup;
}

/**
 * The secret for the credentials of MessageMedia's API. Only the functions that call the API may read it, whatever other
 * policies say. A person fills it in after the first deployment. It stays when the stack is deleted.
 */
export class ApiCredentials extends Secret {
  readonly #readers: string[] = [];

  constructor(scope: Construct, id: string, { encryptionKey }: EncryptionOptions = {}) {
    super(scope, id, {
      description: 'Credentials of the MessageMedia API, only for the functions that call it',
      secretStringValue: SecretValue.unsafePlainText('{"api_key":"","api_secret":""}'),
      encryptionKey,
      removalPolicy: RemovalPolicy.RETAIN_ON_UPDATE_OR_DELETE,
    });
    acknowledge(this, {
      id: 'AwsSolutions-SMG4',
      reason: 'MessageMedia has no call that creates new API credentials: a person replaces them.',
    });
    // One statement for all readers. With one statement for each, every reader would be denied by those of the others.
    const readers = Lazy.any({ produce: () => (this.#readers.length === 1 ? this.#readers[0] : this.#readers) });
    this.addToResourcePolicy(
      new PolicyStatement({
        effect: Effect.DENY,
        principals: [new AnyPrincipal()],
        actions: ['secretsmanager:GetSecretValue'],
        // In a secret's own policy, `*` is that secret.
        resources: ['*'],
        conditions: { ArnNotEquals: { 'aws:PrincipalArn': readers } },
      }),
    );
  }

  /** Lets a role or a user read the credentials, as only those whom the secret's policy names. */
  override grantRead(grantee: IGrantable, versionStages?: string[]): Grant {
    this.#readers.push(arnOf(grantee.grantPrincipal));
    return super.grantRead(grantee, versionStages);
  }

  /** Lets a function of this package read the current credentials, and nothing else of the secret. */
  allowReading(role: Role): Grant {
    this.#readers.push(role.roleArn);
    grantKeyThrough(role, this.encryptionKey, 'secretsmanager', ['kms:Decrypt'], this);
    const actions = ['secretsmanager:GetSecretValue'];
    return Grant.addToPrincipal({ grantee: role, actions, resourceArns: [this.secretArn] });
  }
}

/** @throws {Error} for a principal that has no ARN, such as a service */
function arnOf(principal: IPrincipal): string {
  if (principal instanceof ArnPrincipal) return principal.arn;
  if ('roleArn' in principal) return String(principal.roleArn);
  if ('userArn' in principal) return String(principal.userArn);
  throw new Error(`Nobody but a role or a user can read the API credentials, and not ${principal}.`);
}
