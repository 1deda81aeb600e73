import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { AssetHashType, DockerImage } from 'aws-cdk-lib';
import { Grant, Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import {
  Architecture,
  Code,
  type FunctionProps,
  Function as LambdaFunction,
  LoggingFormat,
  Runtime,
  RuntimeFamily,
  SystemLogLevel,
  Tracing,
} from 'aws-cdk-lib/aws-lambda';
import type { ILogGroup } from 'aws-cdk-lib/aws-logs';
import { Construct } from 'constructs';
import { acknowledge } from './acknowledge.ts';
import { expectHere } from './brought-resource.ts';
import { type BundledEntry, bundle, bundleEntry } from './bundle.ts';
import { libFolder } from './folder.cjs';

/** Properties in which our functions differ. */
export interface BundledFunctionProps
  extends Pick<
    FunctionProps,
    | 'memorySize'
    | 'timeout'
    | 'environment'
    | 'description'
    | 'reservedConcurrentExecutions'
    | 'retryAttempts'
    | 'vpc'
    | 'vpcSubnets'
    | 'securityGroups'
  > {
  readonly entry: BundledEntry;
  readonly logGroup: ILogGroup;
  /** Whether X-Ray gets traces. */
  readonly tracing: boolean;
}

/** A function from `lambda/`, with a role that may only write its log and its traces. */
export class BundledFunction extends Construct {
  readonly function: LambdaFunction;
  readonly role: Role;

  constructor(scope: Construct, id: string, { entry, tracing, ...props }: BundledFunctionProps) {
    super(scope, id);
    const { logGroup } = props;
    expectHere(this, 'Log group', { arn: logGroup.logGroupArn, env: logGroup.env }, ['region', 'account']);
    this.role = new Role(this, 'Role', { assumedBy: new ServicePrincipal('lambda.amazonaws.com') });
    this.function = new LambdaFunction(this, 'Function', {
      ...props,
      code: codeOf(entry),
      handler: `${bundleEntry}.handler`,
      // Not by its name in the CDK, which older versions do not have.
      runtime: new Runtime('nodejs24.x', RuntimeFamily.NODEJS),
      architecture: Architecture.ARM_64,
      role: this.role,
      tracing: tracing ? Tracing.ACTIVE : Tracing.DISABLED,
      // START, END and REPORT of each invocation would double the cost of the log. Failures are logged above INFO.
      loggingFormat: LoggingFormat.JSON,
      systemLogLevelV2: SystemLogLevel.WARN,
    });
    acknowledge(this.role, {
      id: 'AwsSolutions-IAM5[Resource::*]',
      reason: 'xray:PutTraceSegments, xray:PutTelemetryRecords and what Lambda asks of a role in a VPC take only *.',
    });
    logGroup.grantWrite(this.role);
    if (props.vpc) grantNetwork(this.role);
  }
}

/** What Lambda needs to connect a function to a VPC. The managed policy for it would let the function write every log. */
function grantNetwork(role: Role): void {
  const actions = [
    ...['CreateNetworkInterface', 'DescribeNetworkInterfaces', 'DescribeSubnets', 'DeleteNetworkInterface'],
    ...['AssignPrivateIpAddresses', 'UnassignPrivateIpAddresses'],
  ].map((action) => `ec2:${action}`);
  Grant.addToPrincipal({ grantee: role, actions, resourceArns: ['*'] });
}

/** The package contains bundled functions. In the repository they are bundled at every synthesis. */
function codeOf(entry: BundledEntry): Code {
  const bundled = join(libFolder, '../functions', entry);
  if (existsSync(bundled)) return Code.fromAsset(bundled);
  return Code.fromAsset(join(libFolder, '../lambda'), {
    assetHashType: AssetHashType.OUTPUT,
    bundling: {
      image: nowhere,
      // This command never runs. The CDK uses it to tell several bundles of one folder apart.
      command: [entry],
      local: {
        tryBundle: (outdir) => {
          bundle(entry, outdir);
          return true;
        },
      },
    },
  });
}

/** A placeholder, because nothing is bundled in a container. */
const nowhere = DockerImage.fromRegistry('scratch');
