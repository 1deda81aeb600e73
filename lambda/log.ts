import { metrics as names } from './contract.ts';

/** Fields of a log line, besides those that every line has. */
export type LogFields = Record<string, unknown>;

/** The log of a function. */
export type Log = ReturnType<typeof createLog>;

/** Metrics of a log line: values by name, and the sets of fields that are their dimensions. */
export interface LineMetrics {
  values: Record<string, number>;
  /** @default - only the service */
  dimensions?: readonly (readonly string[])[];
}

/**
 * The structured log of a function. Each entry is one line of JSON. CloudWatch reads the metrics from the same line
 * (embedded metric format), so each line is paid for only once.
 *
 * @param service name of the function in log and metrics
 */
export function createLog(service: string) {
  const write = (level: string, message: string, fields: LogFields = {}, metrics: LineMetrics[] = []): void => {
    const now = new Date();
    const trace = /Root=([^;]+)/.exec(process.env._X_AMZN_TRACE_ID ?? '')?.[1];
    const entry = {
      level,
      message,
      timestamp: now.toISOString(),
      service,
      ...(trace !== undefined && { xray_trace_id: trace }),
      ...fields,
      ...(metrics.length > 0 && { _aws: embed(metrics, now) }),
      ...Object.assign({}, ...metrics.map(({ values }) => values)),
    };
    // Not with `console`, because Lambda would add a time and a request id.
    process.stdout.write(`${JSON.stringify(entry)}\n`);
  };
  return {
    info: (message: string, fields?: LogFields, ...metrics: LineMetrics[]) => write('INFO', message, fields, metrics),
    warn: (message: string, fields?: LogFields, ...metrics: LineMetrics[]) => write('WARN', message, fields, metrics),
    error: (message: string, fields?: LogFields, ...metrics: LineMetrics[]) => write('ERROR', message, fields, metrics),
  };
}

/** The embedded metric format's own part, see its specification in CloudWatch's user guide. */
function embed(metrics: readonly LineMetrics[], now: Date) {
  const directives = metrics.map(({ values, dimensions = [['service']] }) => ({
    Namespace: names.namespace,
    Dimensions: dimensions,
    Metrics: Object.keys(values).map((Name) => ({ Name, Unit: Name === names.age ? 'Seconds' : 'Count' })),
  }));
  return { Timestamp: now.getTime(), CloudWatchMetrics: directives };
}

/** Name and message of an error and of its causes, and nothing else, because an SDK error also holds the request. */
export function describeError(error: unknown): string | undefined {
  if (!(error instanceof Error)) return error === undefined ? undefined : String(error);
  const cause = describeError(error.cause);
  return `${error.name}: ${error.message}${cause === undefined ? '' : ` <- ${cause}`}`;
}
