import { fileURLToPath } from 'node:url';
import { Duration } from 'aws-cdk-lib';
import { Architecture, Runtime } from 'aws-cdk-lib/aws-lambda';
import { NodejsFunction, OutputFormat } from 'aws-cdk-lib/aws-lambda-nodejs';
import type { ILogGroup } from 'aws-cdk-lib/aws-logs';
import { Construct } from 'constructs';
import { createLog, EventConsumer, type ExampleConsumer, type ExampleConsumerProps } from '../event-consumer.ts';

/** The consumer in TypeScript. */
export class TypeScriptConsumer extends Construct implements ExampleConsumer {
  readonly consumer: EventConsumer;
  readonly logGroup: ILogGroup;

  constructor(scope: Construct, id: string, { logRetention, ...props }: ExampleConsumerProps) {
    super(scope, id);
    this.logGroup = createLog(this, logRetention);
    const handler = new NodejsFunction(this, 'Function', {
      entry: fileURLToPath(new URL('handler.ts', import.meta.url)),
      runtime: Runtime.NODEJS_24_X,
      architecture: Architecture.ARM_64,
      memorySize: 512,
      timeout: Duration.seconds(30),
      logGroup: this.logGroup,
      bundling: { format: OutputFormat.ESM, mainFields: ['module', 'main'], bundleAwsSDK: true, minify: true },
    });
    this.consumer = new EventConsumer(this, 'Consumer', { ...props, function: handler });
  }
}
