import type { Command } from 'commander';
import { archiveEnvironment } from '../../lambda/archive-contract.ts';
import { environment } from '../../lambda/contract.ts';
import { outputs } from '../../lambda/stack-outputs.ts';
import { printToCopy } from '../../terminal/output.ts';
import { quote } from '../../terminal/text.ts';
import { type GlobalOptions, readOutputs } from '../connections.ts';
import { withOptions } from '../options.ts';

interface Options extends GlobalOptions {
  stack: string;
  context?: boolean;
}

/** The variables that `mmw` and consumers read, by output. */
const variables = {
  [outputs.callbackUrl]: 'CALLBACK_URL',
  [outputs.queueUrl]: environment.queueUrl,
  [outputs.deadLetterQueueUrl]: 'DEAD_LETTER_QUEUE_URL',
  [outputs.keyringSecretArn]: environment.keyringSecretId,
  [outputs.overflowBucketName]: environment.overflowBucket,
  [outputs.archiveBucketName]: archiveEnvironment.bucket,
  [outputs.archiveQueueUrl]: archiveEnvironment.queueUrl,
  [outputs.apiCredentialsSecretArn]: 'API_CREDENTIALS_SECRET_ID',
  [outputs.keyArn]: 'KEY_ARN',
  [outputs.functionLogGroup]: 'FUNCTION_LOG_GROUP',
  [outputs.accessLogGroup]: 'ACCESS_LOG_GROUP',
  [outputs.rotationLogGroup]: 'ROTATION_LOG_GROUP',
  [outputs.reconciliationLogGroup]: 'RECONCILIATION_LOG_GROUP',
};

/** The context that `examples/app.ts` reads, by output. */
const contextNames = {
  [outputs.queueArn]: 'queueArn',
  [outputs.overflowBucketName]: 'overflowBucket',
  [outputs.keyringSecretArn]: 'keyringSecretArn',
  [outputs.keyArn]: 'keyArn',
};

export function addOutputsCommand(program: Command): void {
  program
    .command('outputs')
    .description('print the outputs of a deployed stack as shell variables, which mmw reads')
    .requiredOption('--stack <name>', 'the deployed stack')
    .option('--context', 'print them as -c options of examples/app.ts instead')
    .action(withOptions(printOutputs));
}

async function printOutputs({ stack, context, json }: Options): Promise<void> {
  const found = await readOutputs(stack);
  if (!found.has(outputs.queueUrl)) {
    throw new Error(`Stack ${stack} has no output ${outputs.queueUrl}: is it a stack of this project?`);
  }
  const named = Object.entries(context ? contextNames : variables).flatMap(([output, name]) => {
    const value = found.get(output);
    return value === undefined ? [] : [[name, value] as const];
  });
  const lines = named.map(([name, value]) => (context ? `-c ${name}=${value}` : `export ${name}=${quote(value)}`));
  printToCopy(json, Object.fromEntries(named), lines.join('\n'));
}
