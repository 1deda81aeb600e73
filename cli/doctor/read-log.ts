import { type CloudWatchLogsClient, FilterLogEventsCommand } from '@aws-sdk/client-cloudwatch-logs';
import { isObject } from '../../lambda/guards.ts';

export interface LogEntry {
  /** Milliseconds since the epoch. */
  at: number;
  fields: Record<string, unknown>;
}

/** The newest entries of a log. */
export interface LogEnd {
  /** The oldest first. */
  entries: LogEntry[];
  /** The time from which on everything was read. */
  since: number;
}

const minute = 60_000;
/** Ends of the spans that are read one after the other, because CloudWatch gives the oldest entries of a span first. */
const ages = [1, 5, 15, 60, 6 * 60, 24 * 60].map((minutes) => minutes * minute);
/** Most pages that are read. A page has up to 1 MB, and CloudWatch answers five a second. */
const mostPages = 50;

/** The entries of the last 24 hours; of a large log only the newest, so that it costs seconds. */
export async function readLogEnd(
  client: CloudWatchLogsClient,
  logGroupName: string,
  filterPattern: string,
  now: number,
  most = mostPages,
): Promise<LogEnd> {
  const entries: LogEntry[] = [];
  let since: number | undefined;
  let pages = 0;
  for (const age of ages) {
    // Clocks differ, so the newest span has no end.
    const end = since === undefined ? {} : { endTime: since - 1 };
    const span = { logGroupName, filterPattern, startTime: now - age, ...end };
    const found: LogEntry[] = [];
    let nextToken: string | undefined;
    do {
      // A span that is not read to its end lacks what came last in it.
      if (pages++ === most) return since === undefined ? { entries: found, since: now - age } : { entries, since };
      const answer = await client.send(new FilterLogEventsCommand({ ...span, nextToken }));
      for (const event of answer.events ?? []) found.push({ at: event.timestamp ?? 0, fields: parse(event.message) });
      nextToken = answer.nextToken;
    } while (nextToken !== undefined);
    since = now - age;
    entries.unshift(...found);
  }
  entries.sort((one, other) => one.at - other.at);
  return { entries, since: since ?? now };
}

function parse(line = ''): Record<string, unknown> {
  try {
    const fields: unknown = JSON.parse(line);
    return isObject(fields) ? fields : {};
  } catch {
    return {};
  }
}
