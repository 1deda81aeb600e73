import { spawnSync } from 'node:child_process';
import { cpSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { AssetHashType, Duration } from 'aws-cdk-lib';
import { Architecture, Code, Function as LambdaFunction, Runtime } from 'aws-cdk-lib/aws-lambda';
import type { ILogGroup } from 'aws-cdk-lib/aws-logs';
import { Construct } from 'constructs';
import { createLog, EventConsumer, type ExampleConsumer, type ExampleConsumerProps } from '../event-consumer.ts';

const source = fileURLToPath(new URL('consumer', import.meta.url));
const requirements = fileURLToPath(new URL('requirements.txt', import.meta.url));

/** The consumer in Python. */
export class PythonConsumer extends Construct implements ExampleConsumer {
  readonly consumer: EventConsumer;
  readonly logGroup: ILogGroup;

  constructor(scope: Construct, id: string, { logRetention, ...props }: ExampleConsumerProps) {
    super(scope, id);
    this.logGroup = createLog(this, logRetention);
    const runtime = Runtime.PYTHON_3_13;
    const code = Code.fromAsset(source, {
      // By its output, so that new requirements make a new version too.
      assetHashType: AssetHashType.OUTPUT,
      bundling: { image: runtime.bundlingImage, local: { tryBundle } },
    });
    const handler = new LambdaFunction(this, 'Function', {
      code,
      handler: 'consumer.handler.handler',
      runtime,
      architecture: Architecture.ARM_64,
      memorySize: 512,
      timeout: Duration.seconds(30),
      logGroup: this.logGroup,
    });
    this.consumer = new EventConsumer(this, 'Consumer', { ...props, function: handler });
  }
}

/** Collects Lambda's builds of the packages, on any machine. */
function tryBundle(output: string): boolean {
  const platform = ['--platform', 'manylinux2014_aarch64', '--python-version', '3.13', '--only-binary', ':all:'];
  const quiet = ['--quiet', '--disable-pip-version-check', '--root-user-action', 'ignore', '--no-compile'];
  const install = ['-m', 'pip', 'install', ...quiet, '--requirement', requirements, '--target', output, ...platform];
  const { status } = spawnSync('python3', install, { stdio: ['ignore', 'inherit', 'inherit'] });
  if (status !== 0) throw new Error('python3 -m pip could not install the requirements of the consumer in Python');
  cpSync(source, `${output}/consumer`, { recursive: true, filter: (path) => !path.endsWith('__pycache__') });
  return true;
}
