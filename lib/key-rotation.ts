import { Duration, Stack } from 'aws-cdk-lib';
import { type Metric, type MetricOptions, Stats } from 'aws-cdk-lib/aws-cloudwatch';
import { Rule, Schedule } from 'aws-cdk-lib/aws-events';
import { LambdaFunction } from 'aws-cdk-lib/aws-events-targets';
import { Grant, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import type { IFunction } from 'aws-cdk-lib/aws-lambda';
import type { ILogGroup } from 'aws-cdk-lib/aws-logs';
import { CfnRotationSchedule, type ISecret } from 'aws-cdk-lib/aws-secretsmanager';
import { Construct } from 'constructs';
import { environment, metrics, rotationEnvironment } from '../lambda/contract.ts';
import { type ApiCallerOptions, ApiCredentials, type IApiCaller } from './api-credentials.ts';
import { expectHere } from './brought-resource.ts';
import { BundledFunction } from './bundled-function.ts';
import { grantKeyThrough, keyringArnOf } from './grants.ts';
import { createLog } from './log-group.ts';
import { serviceMetric, serviceOf } from './service.ts';

/** How keys are rotated. */
export interface KeyRotationProps extends ApiCallerOptions {
  /** The secret with the public keys. */
  readonly keyring: ISecret;
  /** From one rotation to the next: whole days, 1 to 1000. */
  readonly every: Duration;
}

/** Replaces the signature key on a schedule, without losing a webhook. */
export class KeyRotation extends Construct implements IApiCaller {
  readonly apiCredentials: ApiCredentials;
  readonly function: IFunction;
  readonly log: ILogGroup;
  readonly #service: string;

  constructor(scope: Construct, id: string, props: KeyRotationProps) {
    super(scope, id);
    const { keyring, every, baseUrl, encryptionKey } = props;
    if (!Number.isInteger(daysOf(every)) || daysOf(every) < 1 || daysOf(every) > 1000)
      throw new Error(`Rotation every ${every.toHumanString()}: give whole days, 1 to 1000`);
    this.#service = serviceOf(this);
    expectHere(this, 'Keyring', { arn: keyring.secretArn, env: keyring.env }, ['region', 'account']);
    const apiCredentials = props.apiCredentials ?? new ApiCredentials(this, 'ApiCredentials', { encryptionKey });
    this.log = createLog(this, 'Log', props);
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
      rotationRules: { automaticallyAfterDays: daysOf(every) },
      rotateImmediatelyOnUpdate: false,
    });

    const secretsManager = new ServicePrincipal('secretsmanager.amazonaws.com');
    rotate.addPermission('Invoke', { principal: secretsManager, sourceAccount: Stack.of(this).account });
    const steps = ['DescribeSecret', 'GetSecretValue', 'PutSecretValue', 'UpdateSecretVersionStage'];
    const actions = steps.map((action) => `secretsmanager:${action}`);
    const grants = [
      Grant.addToPrincipal({ grantee: role, actions, resourceArns: [keyringArnOf(keyring)] }),
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
    return serviceMetric(this.#service, metrics.rotationFailed, { statistic: Stats.MAXIMUM, ...options });
  }
}

const daysOf = (every: Duration): number => every.toDays({ integral: false });
