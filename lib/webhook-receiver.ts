import { fileURLToPath } from 'node:url';
import { Duration, RemovalPolicy } from 'aws-cdk-lib';
import { HttpApi, HttpMethod, HttpStage } from 'aws-cdk-lib/aws-apigatewayv2';
import { HttpLambdaIntegration } from 'aws-cdk-lib/aws-apigatewayv2-integrations';
import { Grant, Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import { Architecture, type IFunction, Runtime } from 'aws-cdk-lib/aws-lambda';
import { NodejsFunction, OutputFormat } from 'aws-cdk-lib/aws-lambda-nodejs';
import { LogGroup, RetentionDays } from 'aws-cdk-lib/aws-logs';
import type { ISecret } from 'aws-cdk-lib/aws-secretsmanager';
import type { IQueue } from 'aws-cdk-lib/aws-sqs';
import { Construct } from 'constructs';
import { environment } from '../lambda/contract.ts';

/** What a receiver needs. */
export interface WebhookReceiverProps {
  /** Gets the verified events. A FIFO queue gets them in order, and each once. */
  queue: IQueue;
  /** Holds the public keys. */
  keyring: ISecret;
  /** Path that takes webhooks, of characters that no front door rewrites. */
  callbackPath: string;
  /** How far the signed `Date` may be from now, in seconds; `0` turns the check off. */
  timestampToleranceSeconds: number;
}

/** An HTTP API with a function behind it that verifies webhooks and queues them. */
export class WebhookReceiver extends Construct {
  /** What MessageMedia is given as `callback_url`. */
  readonly callbackUrl: string;
  readonly function: IFunction;

  constructor(scope: Construct, id: string, props: WebhookReceiverProps) {
    super(scope, id);
    const logGroup = new LogGroup(this, 'Log', {
      retention: RetentionDays.ONE_MONTH,
      removalPolicy: RemovalPolicy.DESTROY,
    });
    const role = new Role(this, 'Role', { assumedBy: new ServicePrincipal('lambda.amazonaws.com') });
    this.function = new NodejsFunction(this, 'Function', {
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
      role,
      logGroup,
      environment: {
        [environment.queueUrl]: props.queue.queueUrl,
        [environment.keyringSecretId]: props.keyring.secretArn,
        [environment.timestampToleranceSeconds]: String(props.timestampToleranceSeconds),
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

    const api = new HttpApi(this, 'Api', { description: 'MessageMedia webhooks', createDefaultStage: false });
    api.addRoutes({
      path: props.callbackPath,
      methods: [HttpMethod.ANY],
      integration: new HttpLambdaIntegration('Integration', this.function),
    });
    // With any other stage the stage's name would be part of the signed path.
    const stage = new HttpStage(this, 'Stage', {
      httpApi: api,
      stageName: '$default',
      autoDeploy: true,
      throttle: { rateLimit: 200, burstLimit: 400 },
    });
    this.callbackUrl = `${stage.url.replace(/\/$/, '')}${props.callbackPath}`;

    // The construct's own grants would add more than the function calls: attributes, descriptions.
    logGroup.grantWrite(role);
    props.queue.grant(role, 'sqs:SendMessage');
    props.queue.encryptionMasterKey?.grant(role, 'kms:GenerateDataKey', 'kms:Decrypt');
    const secretArn = props.keyring.secretFullArn ?? `${props.keyring.secretArn}-??????`;
    Grant.addToPrincipal({ grantee: role, actions: ['secretsmanager:GetSecretValue'], resourceArns: [secretArn] });
    props.keyring.encryptionKey?.grantDecrypt(role);
  }
}

function projectFile(path: string): string {
  return fileURLToPath(new URL(`../${path}`, import.meta.url));
}
