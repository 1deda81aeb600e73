import { fileURLToPath } from 'node:url';
import { RemovalPolicy } from 'aws-cdk-lib';
import { Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import { Architecture, Runtime } from 'aws-cdk-lib/aws-lambda';
import { NodejsFunction, type NodejsFunctionProps, OutputFormat } from 'aws-cdk-lib/aws-lambda-nodejs';
import { LogGroup, RetentionDays } from 'aws-cdk-lib/aws-logs';
import { Construct } from 'constructs';

/** What makes one function of ours another than the rest. */
export type BundledFunctionProps = Required<
  Pick<NodejsFunctionProps, 'description' | 'memorySize' | 'timeout' | 'environment'>
> & {
  /** File in `lambda/` that exports `handler`. */
  entry: string;
};

/** A function out of `lambda/`, with a log of its own and a role that may write to it and nothing else. */
export class BundledFunction extends Construct {
  readonly function: NodejsFunction;
  readonly role: Role;

  constructor(scope: Construct, id: string, { entry, ...props }: BundledFunctionProps) {
    super(scope, id);
    const logGroup = new LogGroup(this, 'Log', {
      retention: RetentionDays.ONE_MONTH,
      removalPolicy: RemovalPolicy.DESTROY,
    });
    this.role = new Role(this, 'Role', { assumedBy: new ServicePrincipal('lambda.amazonaws.com') });
    this.function = new NodejsFunction(this, 'Function', {
      ...props,
      entry: projectFile(`lambda/${entry}`),
      projectRoot: projectFile(''),
      depsLockFilePath: projectFile('package-lock.json'),
      runtime: Runtime.NODEJS_24_X,
      architecture: Architecture.ARM_64,
      role: this.role,
      logGroup,
      bundling: {
        format: OutputFormat.ESM,
        mainFields: ['module', 'main'],
        bundleAwsSDK: true,
        minify: true,
        keepNames: true,
        esbuildArgs: { '--alias:@aws-sdk/credential-provider-node': projectFile('lambda/default-credentials.ts') },
      },
    });
    logGroup.grantWrite(this.role);
  }
}

function projectFile(path: string): string {
  return fileURLToPath(new URL(`../${path}`, import.meta.url));
}
