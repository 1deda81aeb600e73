import { Duration } from 'aws-cdk-lib';
import { HttpApi, HttpMethod, HttpStage } from 'aws-cdk-lib/aws-apigatewayv2';
import { HttpLambdaIntegration } from 'aws-cdk-lib/aws-apigatewayv2-integrations';
import { Grant } from 'aws-cdk-lib/aws-iam';
import type { IFunction } from 'aws-cdk-lib/aws-lambda';
import type { ISecret } from 'aws-cdk-lib/aws-secretsmanager';
import type { IQueue } from 'aws-cdk-lib/aws-sqs';
import { Construct } from 'constructs';
import { environment } from '../lambda/contract.ts';
import { BundledFunction } from './bundled-function.ts';

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
    const { function: handler, role } = new BundledFunction(this, 'Receive', {
      entry: 'handler.ts',
      description: 'Verifies MessageMedia webhooks and queues them',
      // Verification is CPU work, and CPU comes with memory: less is slower and hardly cheaper.
      memorySize: 512,
      // Longer than all tries of Secrets Manager and SQS together, shorter than the 20 s the sender waits.
      timeout: Duration.seconds(15),
      environment: {
        [environment.queueUrl]: props.queue.queueUrl,
        [environment.keyringSecretId]: props.keyring.secretArn,
        [environment.timestampToleranceSeconds]: String(props.timestampToleranceSeconds),
      },
    });
    this.function = handler;

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
    props.queue.grant(role, 'sqs:SendMessage');
    props.queue.encryptionMasterKey?.grant(role, 'kms:GenerateDataKey', 'kms:Decrypt');
    const secretArn = props.keyring.secretFullArn ?? `${props.keyring.secretArn}-??????`;
    Grant.addToPrincipal({ grantee: role, actions: ['secretsmanager:GetSecretValue'], resourceArns: [secretArn] });
    props.keyring.encryptionKey?.grantDecrypt(role);
  }
}
