import { fileURLToPath } from 'node:url';
import { Duration } from 'aws-cdk-lib';
import { Architecture, Runtime } from 'aws-cdk-lib/aws-lambda';
import { NodejsFunction, OutputFormat } from 'aws-cdk-lib/aws-lambda-nodejs';
import { Construct } from 'constructs';
import { EventConsumer, type EventConsumerProps } from '../event-consumer.ts';

/** The consumer in TypeScript. */
export class TypeScriptConsumer extends Construct {
  constructor(scope: Construct, id: string, props: Omit<EventConsumerProps, 'function'>) {
    super(scope, id);
    const handler = new NodejsFunction(this, 'Function', {
      entry: fileURLToPath(new URL('handler.ts', import.meta.url)),
      runtime: Runtime.NODEJS_24_X,
      architecture: Architecture.ARM_64,
      memorySize: 512,
      timeout: Duration.seconds(30),
      bundling: { format: OutputFormat.ESM, mainFields: ['module', 'main'], bundleAwsSDK: true, minify: true },
    });
    new EventConsumer(this, 'Consumer', { ...props, function: handler });
  }
}
