import { type Metrics, record, type Series } from './cloudwatch.ts';

/*
 * A week of a stack's metrics, as AWS and the functions write them. Every time is a minute; the week begins at 0, after days
 * in which all was well.
 */

const day = 1440;
export const week = { from: 0, to: 7 * day };
const history = { from: -6 * day, to: week.to };
/** When a failure begins and ends, in the middle of the second and the fifth day. */
export const outage = { from: day + 600, to: 4 * day + 600 };

/** What the function writes for a request, by outcome. A test compares it with the real function. */
const accepted = { Accepted: 1, SignedRefused: 0, EnqueueFailed: 0, ArchiveFailed: 0 };
export const written = {
  accepted,
  stored: { ...accepted, StorageFailed: 0 },
  unidentified: { ...accepted, Unidentified: 1 },
  unreadable: { ...accepted, Unreadable: 1 },
  notArchived: { ...accepted, ArchiveFailed: 1 },
  unsigned: { Accepted: 0, 'Refused unsigned': 1 },
  refused: { SignedRefused: 1 },
  notQueued: { EnqueueFailed: 1 },
  notStored: { StorageFailed: 1 },
  withoutKeys: { KeyringLoadFailed: 1 },
} satisfies Record<string, Record<string, number>>;

/** What the function never sees, or does not live to write. */
const unseen = { crashed: {}, forbidden: {}, lambdaThrottled: {}, throttled: { Throttled: 1 }, lost: undefined };
const outcomes: Record<string, Record<string, number> | undefined> = { ...written, ...unseen };
export type Outcome = keyof typeof written | keyof typeof unseen;
const answered5xx = new Set(['notQueued', 'notStored', 'withoutKeys', 'crashed', 'forbidden', 'lambdaThrottled']);

/** What goes wrong during the outage. */
export interface Failure {
  /** The outcome of a webhook. */
  webhook?: Outcome;
  /** Only of those whose data is stored. */
  onlyLarge?: boolean;
  isKeyringBroken?: boolean;
  /** What else is different, at a minute since the outage began. The last value counts. */
  record?: (put: (key: string, minute: number, value: number) => void) => void;
  /** Names of metrics that are not written during the outage. */
  silences?: readonly string[];
  /** Requests in the night that nobody signed. */
  scans?: boolean;
}

export interface World {
  metrics: Metrics;
  /** When the first webhook was affected, or the outage began. */
  firstEffect: number;
}

const receiver = 'Test/Receiver';
const custom = (name: string) => `MessageMediaWebhooks ${name} ${receiver}`;

/** Weeks in which all is well, by webhooks a day. */
const well = new Map<number, Metrics>();

function wellAt(perDay: number): Metrics {
  const metrics: Metrics = new Map();
  const put: Put = (key, minute, value) => record(metrics, key, minute, value);
  putWebhooks(perDay, {}, put);
  putSchedules(put);
  return metrics;
}

/** A week with a failure. What the failure does not change are the same series as in the week without it. */
export function simulateWeek(perDay: number, failure: Failure): World {
  const base = well.get(perDay) ?? wellAt(perDay);
  well.set(perDay, base);
  const metrics = new Map(base);
  const isAffecting = failure.webhook !== undefined || failure.isKeyringBroken;
  for (const [key, series] of base) {
    const isSilent = failure.silences?.some((name) => key.includes(name)) || (isAffecting && ofWebhooks.test(key));
    if (isSilent) metrics.set(key, without(series, isOutage));
  }
  let firstEffect = outage.from;
  if (isAffecting) {
    const put: Put = (key, minute, value) => isOutage(minute) && record(metrics, key, minute, value);
    // A while before, so that the function has keys in hand.
    firstEffect = putWebhooks(perDay, failure, put, { from: outage.from - 60, to: outage.to });
  }
  if (failure.scans) {
    const requests = [120, 125, 131].flatMap((minute) =>
      Object.entries(written.unsigned).map((entry) => [minute, ...entry] as const),
    );
    replace(
      metrics,
      requests.map(([minute, name, value]) => [custom(name), 3 * day + minute, value]),
    );
  }
  const changed: Sample[] = [];
  failure.record?.((key, minute, value) => changed.push([key, outage.from + minute, value]));
  replace(metrics, changed);
  for (const [key, series] of metrics) if (series !== base.get(key)) metrics.set(key, interned(key, series));
  return { metrics, firstEffect };
}

const seen = new Map<string, Series>();

/** Series with the same samples are one, so that an alarm on them is simulated once. */
function interned(key: string, series: Series): Series {
  let hash = 0;
  for (const [minute, { Sum }] of series) hash = (hash * 31 + (minute + 20_000) * (Sum + 1)) % 4_294_967_291;
  const id = `${key} ${series.size} ${hash}`;
  const same = seen.get(id) ?? series;
  seen.set(id, same);
  return same;
}

type Sample = [key: string, minute: number, value: number];

/** Puts samples in place of those that a series has at these minutes. */
function replace(metrics: Metrics, samples: readonly Sample[]): void {
  for (const [key, ofKey] of Map.groupBy(samples, ([name]) => name)) {
    const minutes = new Set(ofKey.map(([, minute]) => minute));
    const series = metrics.get(key);
    // The runs of a schedule are not exact, so what they write is replaced up to a minute later.
    if (series)
      metrics.set(
        key,
        without(series, (minute) => minutes.has(minute)),
      );
    for (const [, minute, value] of ofKey) record(metrics, key, minute, value);
  }
}

function without(series: Series, isLeftOut: (minute: number) => boolean): Series {
  return new Map([...series].filter(([minute]) => !isLeftOut(minute)));
}

const isOutage = (minute: number) => minute >= outage.from && minute < outage.to;

/** What only requests write. */
const ofWebhooks = /Test\/Receiver$|ApiGateway|Firehose/;

type Put = (key: string, minute: number, value: number) => unknown;

/** @returns when the first webhook was affected */
function putWebhooks(perDay: number, failure: Failure, put: Put, { from, to } = history): number {
  const gap = day / perDay;
  let firstEffect = Number.POSITIVE_INFINITY;
  let readAt = Number.NEGATIVE_INFINITY;
  let cameAt = Number.NEGATIVE_INFINITY;
  const first = Math.floor((from - history.from) / gap);
  for (let index = first; history.from + index * gap < to && history.from + (index + 1) * gap < history.to; index++) {
    const minute = history.from + (index + 0.5 + 0.5 * Math.sin(index * 12.9898)) * gap;
    const isLarge = perDay === 1 || index % 10 === 0;
    const isAffected = isOutage(minute) && (isLarge || !failure.onlyLarge);
    let outcome: Outcome = (isAffected && failure.webhook) || (isLarge ? 'stored' : 'accepted');
    const hasKeys = minute - cameAt < 10;
    if (outcome !== 'lost' && outcome !== 'forbidden') cameAt = minute;
    if (minute - readAt >= 5 || !hasKeys) {
      readAt = minute;
      if (failure.isKeyringBroken && isOutage(minute)) {
        if (!hasKeys) outcome = 'withoutKeys';
        else put(custom('KeyringLoadFailed'), minute, 1);
      } else if (Object.keys(written).includes(outcome)) put(custom('KeyringLoadFailed'), minute, 0);
    }
    if (outcome === 'lost') continue;
    if ((isAffected && failure.webhook) || (failure.isKeyringBroken && isOutage(minute)))
      firstEffect = Math.min(firstEffect, minute);
    for (const [name, value] of Object.entries(outcomes[outcome] ?? {})) {
      put(custom(name), minute, value);
    }
    put('AWS/ApiGateway 5xx ReceiverHttpApi', minute, Number(answered5xx.has(outcome)));
    put('AWS/Firehose DeliveryToS3.DataFreshness ArchiveStreamsdeliveryreport', minute + 4, 240);
  }
  return Number.isFinite(firstEffect) ? firstEffect : outage.from;
}

const reconcile = 'ReconciliationReconcileFunction';
const archive = 'ArchiveFunctionHandlerFunction';

/** What comes by itself, whether or not there are webhooks. */
function putSchedules(put: Put): void {
  for (let minute = history.from; minute < history.to; minute++) {
    put('AWS/SQS ApproximateAgeOfOldestMessage EventQueue', minute, 0);
    put('AWS/SQS ApproximateAgeOfOldestMessage ArchiveQueue', minute, 0);
  }
  // A schedule is not exact.
  const late = (minute: number) => minute + 0.9 * Math.abs(Math.sin(minute));
  for (let minute = history.from; minute < history.to; minute += 5) run(archive, late(minute), put);
  for (let minute = history.from; minute < history.to; minute += 15) {
    run(reconcile, late(minute), put);
    put(custom('Recovered'), late(minute), 0);
    put(custom('FullLists'), late(minute), 0);
  }
  for (let minute = history.from; minute < history.to; minute += day) {
    put('MessageMediaWebhooks RotationFailed Test/Rotation', late(minute), 0);
    for (const half of [0, day / 2]) put(`AWS/CertificateManager DaysToExpiry ${certificate}`, minute + half, 200);
  }
}

export const certificate = 'arn:aws:acm:us-east-1:123456789012:certificate/6a5f2b1c-0000-0000-0000-000000000000';

function run(name: string, minute: number, put: Put): void {
  put(`AWS/Lambda Invocations ${name}`, minute, 1);
  put(`AWS/Lambda Errors ${name}`, minute, 0);
}
