import { Duration } from 'aws-cdk-lib';
import type { IFunction } from 'aws-cdk-lib/aws-lambda';
import type { ISecret } from 'aws-cdk-lib/aws-secretsmanager';
import { Construct } from 'constructs';
import { environment } from '../lambda/contract.ts';
import { BundledFunction, type BundledFunctionProps } from './bundled-function.ts';
import { type EventTarget, grantReadKeyring, grantSendEvents } from './grants.ts';

/** Properties of a receiver's function. */
export interface ReceiverFunctionProps
  extends EventTarget,
    Pick<
      BundledFunctionProps,
      'logGroup' | 'tracing' | 'reservedConcurrentExecutions' | 'vpc' | 'vpcSubnets' | 'securityGroups'
    > {
  /** Holds the public keys. */
  readonly keyring: ISecret;
  /** How old the signed `Date` may be; zero turns the check off. */
  readonly timestampTolerance: Duration;
  /** What stands before the callback path in its URL. */
  readonly mappingKey?: string | undefined;
  /** Name of the receiver in log and metrics. */
  readonly service: string;
}

/** The function that verifies webhooks and queues them. It has permission for the calls that it makes, and no others. */
export class ReceiverFunction extends Construct {
  readonly function: IFunction;

  constructor(scope: Construct, id: string, props: ReceiverFunctionProps) {
    super(scope, id);
    const { queue, keyring, overflowBucket, archive, timestampTolerance, service, logGroup, tracing } = props;
    const { vpc, vpcSubnets, securityGroups } = props;
    const { function: handler, role } = new BundledFunction(this, 'Handler', {
      entry: 'handler',
      description: 'Verifies MessageMedia webhooks and queues them',
      // Verification needs CPU, and Lambda gives CPU by memory. Less memory is slower and hardly cheaper.
      memorySize: 512,
      // Longer than all tries of Secrets Manager, S3 and SQS together, and shorter than the 20 s that the sender waits.
      timeout: Duration.seconds(18),
      reservedConcurrentExecutions: props.reservedConcurrentExecutions,
      logGroup,
      tracing,
      vpc,
      vpcSubnets,
      securityGroups,
      environment: {
        [environment.queueUrl]: queue.queueUrl,
        [environment.keyringSecretId]: keyring.secretArn,
        [environment.overflowBucket]: overflowBucket.bucketName,
        [environment.timestampToleranceSeconds]: String(timestampTolerance.toSeconds()),
        [environment.service]: service,
        ...(props.mappingKey !== undefined && { [environment.mappingKey]: props.mappingKey }),
        ...archive?.environment,
      },
    });
    this.function = handler;

    grantSendEvents(role, props);
    grantReadKeyring(role, keyring);
  }
}
