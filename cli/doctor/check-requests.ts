import { CloudWatchLogsClient, FilterLogEventsCommand } from '@aws-sdk/client-cloudwatch-logs';
import { logMessages } from '../../lambda/contract.ts';
import { watched } from '../aws.ts';
import { type Finding, issue } from './report.ts';

/** How far back requests are checked, in milliseconds. */
const period = 24 * 60 * 60_000;
const mostEntries = 1_000;

/** Messages of the log that tell what became of a request. */
const { recovered: _queuedByReconciliation, ...ofRequests } = logMessages;
const outcomes: readonly string[] = Object.values(ofRequests);

/** Which requests were accepted and refused, and why, from the log of the function. */
export async function checkRequests(logGroupName: string, now: number): Promise<Finding[]> {
  const client = watched(new CloudWatchLogsClient());
  const { events = [] } = await client.send(
    new FilterLogEventsCommand({
      logGroupName,
      startTime: now - period,
      limit: mostEntries,
      filterPattern: `{ ${outcomes.map((outcome) => `$.message = "${outcome}"`).join(' || ')} }`,
    }),
  );
  const counts = new Map<string, number>();
  let lastAccepted: number | undefined;
  for (const { message = '', timestamp } of events) {
    const { message: outcome = '', reason } = parseEntry(message);
    if (!outcomes.includes(outcome)) continue;
    if (outcome === logMessages.accepted) lastAccepted = timestamp;
    const name = reason === undefined ? outcome : `${outcome}: ${reason}`;
    counts.set(name, (counts.get(name) ?? 0) + 1);
  }
  const counted = [...counts].map(([name, count]) => `${count} ${name}`).join(', ');
  if (counted === '')
    return [
      issue.info('requests', 'No request in the last 24 hours', 'Nothing was sent, or it was sent to another URL.', ''),
    ];
  if (lastAccepted !== undefined)
    return [`Last accepted ${new Date(lastAccepted).toISOString()}; in 24 hours ${counted}`];
  return [
    issue.error(
      'requests',
      'No request was accepted in the last 24 hours',
      `There were ${counted}.`,
      'npx mmw doctor FILE explains a captured request.',
    ),
  ];
}

function parseEntry(message: string): { message?: string; reason?: string } {
  try {
    return JSON.parse(message) ?? {};
  } catch {
    return {};
  }
}
