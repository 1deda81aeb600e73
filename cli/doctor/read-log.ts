import { CloudWatchLogsClient, paginateFilterLogEvents } from '@aws-sdk/client-cloudwatch-logs';
import { isObject } from '../../lambda/guards.ts';
import { watched } from '../aws.ts';

export interface LogEntry {
  /** Milliseconds since the epoch. */
  at: number;
  fields: Record<string, unknown>;
}

/** The newest entries of a log. */
export interface LogEnd {
  /** The oldest first. */
  entries: LogEntry[];
  /** The time from which on everything was read; `undefined` if that is all. */
  since?: number | undefined;
}

const hour = 60 * 60_000;
/** Ends of the spans that are read one after the other, because CloudWatch gives the oldest entries of a span first. */
const aDay = [hour / 60, hour / 12, hour / 4, hour, 6 * hour, 24 * hour];

/**
 * The entries of the last 24 hours; of a large log only the newest, so that it costs seconds.
 *
 * @param ages ends of other spans, in milliseconds
 * @param pages that are read at most. A page has up to 1 MB, and CloudWatch answers five a second
 */
export async function readLogEnd(
  logGroupName: string,
  filterPattern: string,
  { ages = aDay, pages = 50 }: { ages?: readonly number[]; pages?: number } = {},
): Promise<LogEnd> {
  // Logs are read beside each other, and other people read some too.
  const client = watched(new CloudWatchLogsClient({ maxAttempts: 6 }));
  const now = Date.now();
  const entries: LogEntry[] = [];
  let since: number | undefined;
  let left = pages;
  for (const age of ages) {
    const startTime = now - age;
    // Clocks differ, so the newest span has no end.
    const span = { logGroupName, filterPattern, startTime, ...(since !== undefined && { endTime: since - 1 }) };
    const found: LogEntry[] = [];
    for await (const { events = [] } of paginateFilterLogEvents({ client }, span)) {
      // A span that is not read to its end lacks what came last in it.
      if (left-- === 0) return since === undefined ? { entries: found, since: startTime } : { entries, since };
      for (const { timestamp = 0, message } of events) found.push({ at: timestamp, fields: parse(message) });
    }
    since = startTime;
    entries.unshift(...found);
  }
  entries.sort((one, other) => one.at - other.at);
  return { entries };
}

function parse(line = ''): Record<string, unknown> {
  try {
    const fields: unknown = JSON.parse(line);
    return isObject(fields) ? fields : {};
  } catch {
    return {};
  }
}
