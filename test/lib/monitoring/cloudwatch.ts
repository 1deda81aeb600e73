import { resolve } from '../policies.ts';
import { idsOf, type TemplateJson } from '../support.ts';
import { compile, type Points } from './metric-math.ts';

/*
 * CloudWatch's alarms, as its user guide describes them, over metrics that a test makes up. Every time is a minute.
 */

export type State = 'OK' | 'ALARM' | 'INSUFFICIENT_DATA';

/** What CloudWatch does not document: alarms must be right either way. */
export interface Undocumented {
  /** How many more periods than `EvaluationPeriods` an alarm looks back for data. The guide's examples have two. */
  lookBack: number;
  /** Whether FILL fills a metric that has no data at all. */
  fillsNothing: boolean;
}

/** The statistics of a metric, of each minute that has samples. */
export type Series = Map<number, { Sum: number; Maximum: number; Minimum: number }>;

export type Metrics = Map<string, Series>;

export function record(metrics: Metrics, key: string, minute: number, value: number): void {
  const series = metrics.get(key) ?? new Map();
  metrics.set(key, series);
  const at = Math.floor(minute);
  const { Sum, Maximum, Minimum } = series.get(at) ?? { Sum: 0, Maximum: value, Minimum: value };
  series.set(at, { Sum: Sum + value, Maximum: Math.max(Maximum, value), Minimum: Math.min(Minimum, value) });
}

interface Query {
  Id: string;
  Expression?: string;
  MetricStat?: { Metric: Metric; Period: number; Stat: string };
  ReturnData?: boolean;
}
interface Metric {
  Namespace: string;
  MetricName: string;
  Dimensions?: { Name: string; Value: string }[];
}

/** An alarm of a template. */
export interface Alarm {
  name: string;
  section: string;
  /** Minutes. */
  period: number;
  evaluationPeriods: number;
  datapointsToAlarm: number;
  breaches: (value: number) => boolean;
  missing: string;
  tells: { ALARM: boolean; OK: boolean };
  queries: Query[];
}

/** Namespace, name and dimensions, without the hashes of logical ids. */
export function keyOf({ Namespace, MetricName, Dimensions = [] }: Metric): string {
  const values = Dimensions.map(({ Value }) => /^arn:(\w+?)(?:[0-9A-F]{8})?$/.exec(Value)?.[1] ?? Value);
  return [Namespace, MetricName, ...values].join(' ');
}

const comparisons: Record<string, (value: number, threshold: number) => boolean> = {
  GreaterThanOrEqualToThreshold: (value, threshold) => value >= threshold,
  LessThanThreshold: (value, threshold) => value < threshold,
};

export function alarmsOf(json: TemplateJson): Alarm[] {
  return idsOf(json, 'AWS::CloudWatch::Alarm').map((id) => {
    const alarm = resolve(json.Resources[id]?.Properties) as Record<string, unknown> & {
      Metrics?: Query[];
      Period: number;
      Statistic: string;
    } & Metric;
    const queries = alarm.Metrics ?? [
      { Id: 'direct', MetricStat: { Metric: alarm, Period: alarm.Period, Stat: alarm.Statistic }, ReturnData: true },
    ];
    const periods = new Set(queries.flatMap(({ MetricStat }) => MetricStat?.Period ?? []));
    const compare = comparisons[String(alarm.ComparisonOperator)];
    if (periods.size !== 1 || !compare) throw new Error(`Nothing simulates ${id}`);
    const evaluationPeriods = Number(alarm.EvaluationPeriods);
    return {
      name: /Alarms(\w+)[0-9A-F]{8}$/.exec(id)?.[1] ?? id,
      section: /#([\w-]+)$/.exec(String(alarm.AlarmDescription))?.[1] ?? '',
      period: [...periods].reduce((sum, seconds) => sum + seconds, 0) / 60,
      evaluationPeriods,
      datapointsToAlarm: Number(alarm.DatapointsToAlarm ?? evaluationPeriods),
      breaches: (value: number) => compare(value, Number(alarm.Threshold)),
      missing: String(alarm.TreatMissingData),
      tells: { ALARM: Boolean(alarm.AlarmActions), OK: Boolean(alarm.OKActions) },
      queries,
    };
  });
}

/** The state after an evaluation, from "Configuring how CloudWatch alarms treat missing data". Oldest point first. */
export function nextState(
  state: State,
  points: Points,
  {
    evaluationPeriods,
    datapointsToAlarm,
    breaches,
    missing,
  }: Omit<Alarm, 'name' | 'section' | 'period' | 'tells' | 'queries'>,
): State {
  const real = points.filter((point) => point !== undefined).slice(-evaluationPeriods);
  const breaching = real.filter(breaches).length;
  const absent = evaluationPeriods - real.length;
  if (breaching >= datapointsToAlarm) return 'ALARM';
  if (absent === 0 || missing === 'notBreaching') return 'OK';
  if (missing === 'breaching') return breaching + absent >= datapointsToAlarm ? 'ALARM' : 'OK';
  if (breaching < real.length) return 'OK';
  if (missing === 'ignore') return state;
  return breaching > 0 ? 'ALARM' : 'INSUFFICIENT_DATA';
}

/** A change of an alarm's state. */
export interface Change {
  minute: number;
  state: State;
}

/** Evaluates an alarm every minute, with windows that end at that minute. */
export function simulate(
  alarm: Alarm,
  metrics: Metrics,
  { from, to }: { from: number; to: number },
  { lookBack, fillsNothing }: Undocumented,
): Change[] {
  const { period, evaluationPeriods, queries } = alarm;
  const count = evaluationPeriods + lookBack;
  const ofQuery = new Map(queries.map((query) => [query.Id, windowsOf(query, metrics, from - count * period, to)]));
  const [root] = queries.filter(({ ReturnData }) => ReturnData !== false);
  const expressions = new Map(queries.flatMap(({ Id, Expression }) => (Expression ? [[Id, Expression] as const] : [])));
  const valuesAt = compile(root?.Id ?? '', expressions);
  const changes: Change[] = [];
  let state: State = 'OK';
  for (const minute of evaluationsOf(alarm, count, seriesOf(alarm, metrics), { from, to })) {
    const windows = (id: string): Points =>
      Array.from({ length: count }, (_, index) =>
        ofQuery.get(id)?.(minute - (count - index) * period, minute - (count - index - 1) * period),
      );
    const points = valuesAt({ windows, length: count, fillsNothing });
    const next = nextState(state, points, alarm);
    if (next !== state) changes.push({ minute, state: next });
    state = next;
  }
  return changes;
}

/** The minutes at which the windows have other data than a minute before. At the others an alarm stays as it is. */
function evaluationsOf(
  { period, evaluationPeriods }: Alarm,
  count: number,
  series: readonly (Series | undefined)[],
  { from, to }: { from: number; to: number },
): number[] {
  // An alarm over more than a day is evaluated once an hour, at the full hour.
  const step = period * evaluationPeriods > 1440 ? 60 : 1;
  const differs = new Uint8Array(to - from + 1);
  differs[0] = 1;
  for (const one of series) {
    for (const sample of one?.keys() ?? []) {
      for (let window = 0; window <= count; window++) {
        const minute = Math.ceil((sample + 1 + window * period) / step) * step - from;
        if (minute >= 0 && minute < differs.length) differs[minute] = 1;
      }
    }
  }
  return [...differs.keys()].filter((index) => differs[index]).map((index) => from + index);
}

/** What an alarm watches. The same series are the same data. */
export function seriesOf({ queries }: Alarm, metrics: Metrics): (Series | undefined)[] {
  return queries.map(({ MetricStat }) => MetricStat && metrics.get(keyOf(MetricStat.Metric)));
}

/** The statistic of a metric between two minutes. */
function windowsOf({ MetricStat }: Query, metrics: Metrics, from: number, to: number) {
  const series = MetricStat && metrics.get(keyOf(MetricStat.Metric));
  if (!series || !MetricStat) return () => undefined;
  const { Stat } = MetricStat;
  if (Stat !== 'Sum' && Stat !== 'Maximum' && Stat !== 'Minimum') throw new Error(`Nothing simulates ${Stat}`);
  const minutes = [...series.keys()].filter((minute) => minute >= from && minute < to).sort((a, b) => a - b);
  const values = minutes.map((minute) => series.get(minute)?.[Stat] ?? 0);
  const sums = [0];
  for (const value of values) sums.push((sums.at(-1) ?? 0) + value);
  return (begin: number, end: number): number | undefined => {
    const [first, last] = [indexOf(minutes, begin), indexOf(minutes, end)];
    if (first === last) return undefined;
    if (Stat === 'Sum') return (sums[last] ?? 0) - (sums[first] ?? 0);
    let extreme = values[first] ?? 0;
    for (let index = first + 1; index < last; index++) {
      const value = values[index] ?? 0;
      if (Stat === 'Maximum' ? value > extreme : value < extreme) extreme = value;
    }
    return extreme;
  };
}

/** Where in a sorted list the first minute is that is not before another. */
function indexOf(minutes: readonly number[], minute: number): number {
  let [low, high] = [0, minutes.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((minutes[middle] ?? 0) < minute) low = middle + 1;
    else high = middle;
  }
  return low;
}
