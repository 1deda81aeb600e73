import { type CloudWatchLogsClient, GetQueryResultsCommand, StartQueryCommand } from '@aws-sdk/client-cloudwatch-logs';
import { logMessages } from '../contract.ts';
import { isObject, isUuid } from '../guards.ts';
import type { EventsOf } from './reconciliation-run.ts';

/** Pause between two looks for a result, and the longest wait for it, in milliseconds. */
const pollPause = 500;
export const maxWait = 60_000;

/** Most ids in one query. With more, the query would be longer than CloudWatch takes. */
const maxIds = 200;

/** Most lines that a query returns. */
const maxLines = 10_000;

/** Log messages for an event that is in the queue, from the receiver and from reconciliation. */
const queuedMessages: readonly unknown[] = [logMessages.accepted, logMessages.recovered];

export interface LogSearchDependencies {
  client: CloudWatchLogsClient;
  logGroups: readonly string[];
  now: () => number;
  pause: (milliseconds: number) => Promise<unknown>;
}

/**
 * Finds in the log which events were queued already.
 *
 * @returns a function of ids (UUIDs; any other is never found), of the time to search from, and of what the events have in
 * common: an event of another kind, or of another account, may have the same id. It resolves to the ids that were found, in
 * lower case, and rejects when CloudWatch does not answer in a minute.
 */
export function createLogSearch(dependencies: LogSearchDependencies) {
  return async (ids: readonly string[], since: Date, of: EventsOf): Promise<ReadonlySet<string>> => {
    // Only UUIDs, because other text could change the query.
    const wanted = [...new Set(ids.filter(isUuid).map((id) => id.toLowerCase()))];
    const found = new Set<string>();
    for (let start = 0; start < wanted.length; start += maxIds) {
      const some = wanted.slice(start, start + maxIds);
      const queued = new Set((await search(some, since, dependencies)).map((line) => queuedId(line, of)));
      for (const id of some) if (queued.has(id)) found.add(id);
    }
    return found;
  };
}

async function search(ids: readonly string[], since: Date, dependencies: LogSearchDependencies): Promise<string[]> {
  const { client, logGroups, now, pause } = dependencies;
  const { queryId } = await client.send(
    new StartQueryCommand({
      logGroupNames: [...logGroups],
      startTime: Math.floor(since.getTime() / 1000),
      endTime: Math.ceil(now() / 1000),
      queryString: `fields @message | filter @message like /(?i)"id":"(${ids.join('|')})"/ | limit ${maxLines}`,
    }),
  );
  const giveUp = now() + maxWait;
  for (;;) {
    const { status, results = [] } = await client.send(new GetQueryResultsCommand({ queryId }));
    if (status === 'Complete') {
      return results.flatMap((row) =>
        row.filter(({ field }) => field === '@message').map(({ value }) => String(value)),
      );
    }
    if (status !== 'Running' && status !== 'Scheduled') throw new Error(`the query ended as ${status}`);
    if (now() >= giveUp) throw new Error(`the query took longer than ${maxWait / 1000} s`);
    await pause(pollPause);
  }
}

/** An event from before keys named accounts may be of any. */
function queuedId(line: string, of: EventsOf): string | undefined {
  try {
    const entry: unknown = JSON.parse(line);
    if (!isObject(entry) || !queuedMessages.includes(entry.message) || !isUuid(entry.id)) return undefined;
    const { type = of.type, account = of.account } = entry;
    return type === of.type && account === of.account ? entry.id.toLowerCase() : undefined;
  } catch {
    // A line that is not JSON is none of these.
    return undefined;
  }
}
