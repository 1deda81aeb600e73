import { type CloudWatchLogsClient, DescribeLogGroupsCommand } from '@aws-sdk/client-cloudwatch-logs';

/** How long all of these log groups are kept, in milliseconds; `Infinity` for ever. */
export async function shortestRetention(client: CloudWatchLogsClient, logGroups: readonly string[]): Promise<number> {
  const days = logGroups.map(async (logGroupNamePrefix) => {
    const { logGroups: found = [] } = await client.send(new DescribeLogGroupsCommand({ logGroupNamePrefix }));
    const group = found.find(({ logGroupName }) => logGroupName === logGroupNamePrefix);
    return group?.retentionInDays ?? Number.POSITIVE_INFINITY;
  });
  return Math.min(...(await Promise.all(days))) * 24 * 3_600_000;
}
