import { Duration, RemovalPolicy, Stack } from 'aws-cdk-lib';
import { Metric, type MetricOptions, Stats } from 'aws-cdk-lib/aws-cloudwatch';
import { Rule, Schedule } from 'aws-cdk-lib/aws-events';
import { LambdaFunction } from 'aws-cdk-lib/aws-events-targets';
import { Grant, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import type { IKey } from 'aws-cdk-lib/aws-kms';
import type { IFunction } from 'aws-cdk-lib/aws-lambda';
import { type ILogGroup, LogGroup, RetentionDays } from 'aws-cdk-lib/aws-logs';
import { CfnRotationSchedule, type ISecret } from 'aws-cdk-lib/aws-secretsmanager';
import { Construct } from 'constructs';
import { environment, metrics, rotationEnvironment } from '../lambda/contract.ts';
import { ApiCredentials } from './api-credentials.ts';
import { expectHere } from './brought-resource.ts';
import { BundledFunction } from './bundled-function.ts';
import { grantKeyThrough } from './key-grant.ts';
import { keyringArnOf } from './keyring-grant.ts';
import { allowLogs } from './log-key.ts';
import { serviceOf } from './service-name.ts';

/** How keys are rotated. */
export interface KeyRotationProps {
  /** The secret with the public keys. */
  keyring: ISecret;
  /** Days from one rotation to the next: 1 to 1000. */
  everyDays: number;
  /** MessageMedia's API: `messagemedia`, `us`, `eu`, `au`, or a URL. */
  baseUrl: string;
  /**
   * The credentials of MessageMedia's API, for example those of a `Reconciliation`.
   * @default - its own secret
   */
  apiCredentials?: ApiCredentials;
  /**
   * How long the log of the rotation function is kept.
   * @default RetentionDays.ONE_MONTH
   */
  logRetention?: RetentionDays;
  /**
   * Encrypts the log and the credentials.
   * @default - keys that AWS owns, at no charge
   */
  encryptionKey?: IKey;
}

/** Replaces the signature key on a schedule, without losing a webhook. */
export class KeyRotation extends Construct {
  readonly apiCredentials: ApiCredentials;
  readonly function: IFunction;
  readonly log: ILogGroup;
  readonly #service: string;

  constructor(scope: Construct, id: string, props: KeyRotationProps) {
    super(scope, id);
    const { keyring, everyDays, baseUrl, encryptionKey } = props;
    this.#service = serviceOf(this);
    expectHere(this, 'Keyring', { arn: keyring.secretArn, env: keyring.env }, ['region', 'account']);
    const apiCredentials = props.apiCredentials ?? new ApiCredentials(this, 'ApiCredentials', { encryptionKey });
    if (encryptionKey) allowLogs(encryptionKey, Stack.of(this));
    this.log = new LogGroup(this, 'Log', {
      retention: props.logRetention ?? RetentionDays.ONE_MONTH,
      encryptionKey,
      removalPolicy: RemovalPolicy.DESTROY,
    });
    const { function: rotate, role } = new BundledFunction(this, 'Rotate', {
      entry: 'rotation-handler',
      logGroup: this.log,
      tracing: false,
      description: 'Rotates the MessageMedia signature key',
      memorySize: 256,
      // A step waits up to 11 minutes, until every function has the new key, or until the last retry with the old one.
      timeout: Duration.minutes(15),
      environment: {
        [rotationEnvironment.apiCredentialsSecretId]: apiCredentials.secretArn,
        [rotationEnvironment.baseUrl]: baseUrl,
        [rotationEnvironment.digest]: 'SHA256',
        [environment.keyringSecretId]: keyring.secretArn,
        [environment.service]: this.#service,
      },
    });
    // No rotation at once, because the credentials come after the first deployment.
    const schedule = new CfnRotationSchedule(this, 'Schedule', {
      secretId: keyring.secretArn,
      rotationLambdaArn: rotate.functionArn,
      rotationRules: { automaticallyAfterDays: everyDays },
      rotateImmediatelyOnUpdate: false,
    });

    const secretsManager = new ServicePrincipal('secretsmanager.amazonaws.com');
    rotate.addPermission('Invoke', { principal: secretsManager, sourceAccount: Stack.of(this).account });
    const grants = [
      Grant.addToPrincipal({
        grantee: role,
        actions: ['DescribeSecret', 'GetSecretValue', 'PutSecretValue', 'UpdateSecretVersionStage'].map(
          (action) => `secretsmanager:${action}`,
        ),
        resourceArns: [keyringArnOf(keyring)],
      }),
      apiCredentials.allowReading(role),
    ];
    grantKeyThrough(role, keyring.encryptionKey, 'secretsmanager', ['kms:Decrypt', 'kms:GenerateDataKey'], keyring);
    // Secrets Manager tests the function when the schedule is created.
    for (const grant of grants) grant.applyBefore(schedule);
    schedule.node.addDependency(rotate);
    new Rule(this, 'Check', {
      description: 'Checks whether MessageMedia signature keys are rotated on schedule',
      schedule: Schedule.rate(Duration.days(1)),
      targets: [new LambdaFunction(rotate, { retryAttempts: 0 })],
    });
    this.apiCredentials = apiCredentials;
    this.function = rotate;
  }

  /** 1 when a step failed or a rotation is overdue, 0 when one has finished or none is due, as a maximum. */
  metricFailed(options?: MetricOptions): Metric {
    return new Metric({
      namespace: metrics.namespace,
      metricName: metrics.rotationFailed,
      dimensionsMap: { service: this.#service },
      statistic: Stats.MAXIMUM,
      ...options,
    });
  }
}
