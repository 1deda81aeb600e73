import { fileURLToPath } from 'node:url';
import { Duration, Stack, Validations } from 'aws-cdk-lib';
import { Grant, Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import type { IKey } from 'aws-cdk-lib/aws-kms';
import { Architecture, type IFunction, Runtime, Tracing } from 'aws-cdk-lib/aws-lambda';
import { NodejsFunction, OutputFormat } from 'aws-cdk-lib/aws-lambda-nodejs';
import type { ILogGroup } from 'aws-cdk-lib/aws-logs';
import type { ISecret } from 'aws-cdk-lib/aws-secretsmanager';
import type { IQueue } from 'aws-cdk-lib/aws-sqs';
import { Construct } from 'constructs';
import { environment } from '../lambda/contract.ts';

/** What a receiver's function needs. */
export interface ReceiverFunctionProps {
  /** Gets the verified events. */
  queue: IQueue;
  /** Holds the public keys. */
  keyring: ISecret;
  /** How far the signed `Date` may be from now; zero turns the check off. */
  timestampTolerance: Duration;
  /** Name of the receiver in log and metrics. */
  service: string;
  logGroup: ILogGroup;
  /** Whether X-Ray gets traces. */
  tracing: boolean;
  /**
   * Concurrent executions kept for, and granted at most to, the function.
   * @default - it shares the account's
   */
  reservedConcurrentExecutions?: number;
}

/** The function that verifies webhooks and queues them. It may do what it calls, and nothing else. */
export class ReceiverFunction extends Construct {
  readonly function: IFunction;

  constructor(scope: Construct, id: string, props: ReceiverFunctionProps) {
    super(scope, id);
    const { queue, keyring, timestampTolerance, service, logGroup, tracing, reservedConcurrentExecutions } = props;
    const role = new Role(this, 'Role', { assumedBy: new ServicePrincipal('lambda.amazonaws.com') });
    this.function = new NodejsFunction(this, 'Handler', {
      description: 'Verifies MessageMedia webhooks and queues them',
      entry: projectFile('lambda/handler.ts'),
      projectRoot: projectFile(''),
      depsLockFilePath: projectFile('package-lock.json'),
      runtime: Runtime.NODEJS_24_X,
      architecture: Architecture.ARM_64,
      // Verification is CPU work, and CPU comes with memory: less is slower and hardly cheaper.
      memorySize: 512,
      // Longer than all tries of Secrets Manager and SQS together, shorter than the 20 s the sender waits.
      timeout: Duration.seconds(15),
      reservedConcurrentExecutions,
      role,
      logGroup,
      tracing: tracing ? Tracing.ACTIVE : Tracing.DISABLED,
      environment: {
        [environment.queueUrl]: queue.queueUrl,
        [environment.keyringSecretId]: keyring.secretArn,
        [environment.timestampToleranceSeconds]: String(timestampTolerance.toSeconds()),
        [environment.service]: service,
      },
      bundling: {
        format: OutputFormat.ESM,
        mainFields: ['module', 'main'],
        bundleAwsSDK: true,
        minify: true,
        keepNames: true,
        esbuildArgs: { '--alias:@aws-sdk/credential-provider-node': projectFile('lambda/default-credentials.ts') },
      },
    });
    Validations.of(role).acknowledge({
      id: 'AwsSolutions-IAM5[Resource::*]',
      reason: 'X-Ray has no resources to name: xray:PutTraceSegments and xray:PutTelemetryRecords know only *.',
    });

    // The constructs' own grants would add more than the function calls: attributes, descriptions.
    logGroup.grantWrite(role);
    queue.grant(role, 'sqs:SendMessage');
    const secretArn = keyring.secretFullArn ?? `${keyring.secretArn}-??????`;
    Grant.addToPrincipal({ grantee: role, actions: ['secretsmanager:GetSecretValue'], resourceArns: [secretArn] });
    grantKey(role, queue.encryptionMasterKey, 'sqs', ['kms:GenerateDataKey', 'kms:Decrypt']);
    grantKey(role, keyring.encryptionKey, 'secretsmanager', ['kms:Decrypt']);
  }
}

/** Through its service alone: the function never calls KMS itself. */
function grantKey(role: Role, key: IKey | undefined, service: string, actions: string[]): void {
  if (key === undefined) return;
  const conditions = { StringEquals: { 'kms:ViaService': `${service}.${Stack.of(role).region}.amazonaws.com` } };
  Grant.addToPrincipal({ grantee: role, actions, resourceArns: [key.keyArn], conditions });
}

function projectFile(path: string): string {
  return fileURLToPath(new URL(`../${path}`, import.meta.url));
}
