import { type CloudWatchLogsClient, DescribeLogGroupsCommand } from '@aws-sdk/client-cloudwatch-logs';
import { environment } from '../lambda/contract.ts';
import { outputs } from '../lambda/stack-outputs.ts';
import { UsageError } from './options.ts';

/** Where events are queued, and what belongs to that queue. */
interface Target {
  queueUrl: string;
  archiveQueueUrl: string | undefined;
  bucket: string | undefined;
  /** Logs that say which events arrived already. */
  logGroups: string[];
}

/**
 * The names of a stack if one is given, else those of the environment, without an archive and a log. A queue that is named
 * comes before both.
 *
 * @param found the outputs of the stack
 * @throws {UsageError} when there is no queue
 */
export function targetOf(
  { stack, queueUrl: named }: { stack?: string; queueUrl?: string },
  found: ReadonlyMap<string, string> | undefined,
  env: NodeJS.ProcessEnv,
): Target {
  const queueUrl = named || (found ? found.get(outputs.queueUrl) : env[environment.queueUrl]);
  if (!queueUrl) {
    const problem = stack === undefined ? 'No queue is given' : `Stack ${stack} has no output ${outputs.queueUrl}`;
    throw new UsageError(`${problem}: add --stack or --queue-url, or set ${environment.queueUrl}.`);
  }
  return {
    queueUrl,
    archiveQueueUrl: found?.get(outputs.archiveQueueUrl),
    bucket: (found ? found.get(outputs.overflowBucketName) : env[environment.overflowBucket]) || undefined,
    logGroups: [outputs.functionLogGroup, outputs.reconciliationLogGroup].flatMap((name) => found?.get(name) ?? []),
  };
}

/** How long all of these log groups are kept, in milliseconds; `Infinity` for ever. */
export async function shortestRetention(client: CloudWatchLogsClient, logGroups: readonly string[]): Promise<number> {
  const days = logGroups.map(async (logGroupNamePrefix) => {
    const { logGroups: found = [] } = await client.send(new DescribeLogGroupsCommand({ logGroupNamePrefix }));
    const group = found.find(({ logGroupName }) => logGroupName === logGroupNamePrefix);
    return group?.retentionInDays ?? Number.POSITIVE_INFINITY;
  });
  return Math.min(...(await Promise.all(days))) * 24 * 3_600_000;
}
