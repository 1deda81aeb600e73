import { CloudWatchLogsClient, paginateFilterLogEvents } from '@aws-sdk/client-cloudwatch-logs';
import { isObject } from '../../lambda/guards.ts';
import { watched } from '../aws.ts';
import { type Finding, issue } from './report.ts';

/** Runs are at most a day apart, and take 5 minutes. In milliseconds. */
const longestPause = 25 * 60 * 60_000;

/** The lists by their names in the log. */
const lists = { deliveryReports: 'delivery reports', replies: 'replies' };

/** Did a reconciliation end lately, and does a list hide events from it? */
export async function checkReconciliation(
  stack: string,
  logGroupName: string | undefined,
  now: number,
): Promise<Finding[]> {
  if (logGroupName === undefined) return [];
  const last = await lastRun(logGroupName, now - longestPause);
  if (last === undefined) {
    const look = `aws logs tail ${logGroupName} --since 2d`;
    const title = 'No reconciliation ended in the last 25 hours';
    return [issue.warning('reconciliation', title, 'Events whose webhook is lost are not recovered.', look)];
  }
  const take = `npx mmw reconcile --stack ${stack} --confirm`;
  const findings: Finding[] = [`Last reconciliation ${new Date(last.at).toISOString()}`];
  for (const [name, words] of Object.entries(lists)) {
    const counts = last.entry[name];
    if (!isObject(counts)) continue;
    if (counts.full === true) {
      const hidden = 'It hides newer ones, which cannot be recovered until it is emptied.';
      findings.push(issue.warning('reconciliation', `MessageMedia's list of ${words} is full`, hidden, take));
    }
    if (Number(counts.left) > 0) {
      const unknown = 'They are older than the log, so it is not known whether they arrived.';
      findings.push(issue.warning('reconciliation', `${counts.left} ${words} were left`, unknown, take));
    }
  }
  return findings;
}

async function lastRun(logGroupName: string, startTime: number) {
  const client = watched(new CloudWatchLogsClient());
  const query = { logGroupName, startTime, filterPattern: '{ $.message = "reconciled" }' };
  let last: { at: number; entry: Record<string, unknown> } | undefined;
  for await (const { events = [] } of paginateFilterLogEvents({ client }, query)) {
    for (const { message = '', timestamp = 0 } of events) {
      const entry: unknown = JSON.parse(message);
      if (isObject(entry) && timestamp >= (last?.at ?? 0)) last = { at: timestamp, entry };
    }
  }
  return last;
}
