import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { Validations } from 'aws-cdk-lib';
import { Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import {
  Architecture,
  Code,
  type FunctionProps,
  Function as LambdaFunction,
  Runtime,
  Tracing,
} from 'aws-cdk-lib/aws-lambda';
import { NodejsFunction, OutputFormat } from 'aws-cdk-lib/aws-lambda-nodejs';
import type { ILogGroup } from 'aws-cdk-lib/aws-logs';
import { Construct } from 'constructs';

/** What makes one function of ours another than the rest. */
export interface BundledFunctionProps
  extends Pick<
    FunctionProps,
    'memorySize' | 'timeout' | 'environment' | 'description' | 'reservedConcurrentExecutions' | 'retryAttempts'
  > {
  /** File in `lambda/` that exports `handler`, without its ending. */
  entry: string;
  logGroup: ILogGroup;
  /** Whether X-Ray gets traces. */
  tracing: boolean;
}

/** A function out of `lambda/`, with a role that may write its log and its traces and nothing else. */
export class BundledFunction extends Construct {
  readonly function: LambdaFunction;
  readonly role: Role;

  constructor(scope: Construct, id: string, { entry, tracing, ...props }: BundledFunctionProps) {
    super(scope, id);
    this.role = new Role(this, 'Role', { assumedBy: new ServicePrincipal('lambda.amazonaws.com') });
    const common = {
      ...props,
      runtime: Runtime.NODEJS_24_X,
      architecture: Architecture.ARM_64,
      role: this.role,
      tracing: tracing ? Tracing.ACTIVE : Tracing.DISABLED,
    };
    // The package brings its functions bundled; in the repository they are bundled at every synthesis.
    const bundled = projectFile(`functions/${entry}`);
    this.function = existsSync(bundled)
      ? new LambdaFunction(this, 'Function', { ...common, code: Code.fromAsset(bundled), handler: 'index.handler' })
      : new NodejsFunction(this, 'Function', {
          ...common,
          entry: projectFile(`lambda/${entry}.ts`),
          projectRoot: projectFile(''),
          depsLockFilePath: projectFile('package-lock.json'),
          bundling: {
            format: OutputFormat.ESM,
            mainFields: ['module', 'main'],
            bundleAwsSDK: true,
            minify: true,
            keepNames: true,
            esbuildArgs: { '--alias:@aws-sdk/credential-provider-node': projectFile('lambda/default-credentials.ts') },
          },
        });
    Validations.of(this.role).acknowledge({
      id: 'AwsSolutions-IAM5[Resource::*]',
      reason:
        'xray:PutTraceSegments, xray:PutTelemetryRecords and logs:GetQueryResults know only *: they have no resources.',
    });
    props.logGroup.grantWrite(this.role);
  }
}

function projectFile(path: string): string {
  return fileURLToPath(new URL(`../${path}`, import.meta.url));
}
