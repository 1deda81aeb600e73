import { type CloudWatchLogsClient, GetQueryResultsCommand, StartQueryCommand } from '@aws-sdk/client-cloudwatch-logs';
import { isObject, isUuid } from '../guards.ts';

/** Between two looks for a result, and the longest wait for it, in milliseconds. */
const pollPause = 500;
export const maxWait = 60_000;

/** Of ids in one query: with more, the query would be longer than CloudWatch takes. */
const maxIds = 200;

/** The most lines that a query gives. */
const maxLines = 10_000;

/** What the log says of an event that is on the queue: the receiver's word, and that of reconciliation. */
const queuedMessages: readonly unknown[] = ['accepted', 'recovered'];

/** What the search needs from outside. */
export interface LogSearchDependencies {
  client: CloudWatchLogsClient;
  /** Names of the log groups of receiver and reconciliation. */
  logGroups: readonly string[];
  now: () => number;
  pause: (milliseconds: number) => Promise<unknown>;
}

/**
 * Finds in the log which events are on the queue already.
 *
 * @returns a function of ids (UUIDs; any other is never found) and of where to begin. It resolves to those found, in lower
 * case, and rejects when CloudWatch does not answer in a minute.
 */
export function createLogSearch(dependencies: LogSearchDependencies) {
  return async (ids: readonly string[], since: Date): Promise<ReadonlySet<string>> => {
    // Whatever else went into a query could change it.
    const wanted = [...new Set(ids.filter(isUuid).map((id) => id.toLowerCase()))];
    const found = new Set<string>();
    for (let start = 0; start < wanted.length; start += maxIds) {
      const some = wanted.slice(start, start + maxIds);
      for (const line of await search(some, since, dependencies)) {
        const id = queuedId(line);
        if (id !== undefined && some.includes(id)) found.add(id);
      }
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
      return results.flatMap((row) => row.filter(({ field }) => field === '@message').map(({ value = '' }) => value));
    }
    if (status !== 'Running' && status !== 'Scheduled') throw new Error(`the query ended as ${status}`);
    if (now() >= giveUp) throw new Error(`the query took longer than ${maxWait / 1000} s`);
    await pause(pollPause);
  }
}

function queuedId(line: string): string | undefined {
  try {
    const entry: unknown = JSON.parse(line);
    if (!isObject(entry) || !queuedMessages.includes(entry.message) || !isUuid(entry.id)) return undefined;
    return entry.id.toLowerCase();
  } catch {
    return undefined;
  }
}
