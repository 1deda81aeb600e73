import { readFileSync } from 'node:fs';
import { defaultThrottle } from '../lib/front-door/front-door.ts';

/*
 * What a month costs, from list prices and what one webhook uses: `npm run docs` writes the tables of docs/costs.md, and a
 * test compares them. Change a price or an assumption here.
 */

/**
 * List prices of us-east-1 in US dollars, November 2026, without free tiers and discounts. They are at
 * https://aws.amazon.com/<service>/pricing/, where <service> is api-gateway, lambda, sqs, cloudwatch, xray, secrets-manager,
 * kms, kinesis/data-firehose, s3, sns or dynamodb; transfer is at ec2/pricing/on-demand.
 */
export const prices = {
  /** HTTP API, a million requests, each begun 512 KB counting as one. */
  httpApi: 1,
  /** REST API, a million requests. */
  restApi: 3.5,
  lambdaRequests: 0.2,
  /** arm64, a GB-second. */
  lambdaCompute: 0.0000133334,
  /** A million requests, each begun 64 KB counting as one. */
  sqs: { FIFO: 0.5, standard: 0.4 },
  /** A GB taken in, and a GB kept for a month. */
  logs: { ingestion: 0.5, storage: 0.03 },
  /** A million traces. */
  traces: 5,
  /** A GB to the internet. */
  transfer: 0.09,
  /** A month each. */
  secret: 0.4,
  metric: 0.3,
  /** For each metric that an alarm computes with. */
  alarm: 0.1,
  dashboard: 3,
  kmsKey: 1,
  /**
   * What each of the first two rotations of a key adds; later ones add nothing
   * (https://aws.amazon.com/blogs/security/the-curious-case-of-faster-aws-kms-symmetric-key-rotation/).
   */
  kmsRotation: 1,
  /** Ten thousand calls. */
  secretCalls: 0.05,
  /** A GB (2^30 bytes) put into a stream, each record counting as whole 5 KB. */
  firehose: 0.029,
  /** A million PUTs, and a GB kept for a month. */
  s3: { puts: 5, storage: 0.023 },
  /** FIFO: a million published or delivered, a GB of either, and a GB read because a filter looks into the body. */
  sns: { publish: 0.3, publishGb: 0.017, deliver: 0.01, deliverGb: 0.001, filterGb: 0.09 },
  /** On demand: a million writes of up to 1 KB, and a GB kept for a month. What expires is deleted at no charge. */
  dynamoDb: { writes: 0.625, storage: 0.25 },
};

/** CPU of one request on a whole core, in milliseconds, as `npm run bench` measured it last. */
const measured: { accepted: number; forged: number } = JSON.parse(
  readFileSync(new URL('../bench/results.json', import.meta.url), 'utf8'),
).milliseconds;

const memoryGb = 0.5;
/** Lambda gives a function one core for 1,769 MB. */
const onItsShare = (milliseconds: number) => Math.ceil((milliseconds * 1769) / (memoryGb * 1024));

/** What one webhook uses. Tests measure what is logged and archived; the others are what AWS writes, and cautious guesses. */
export const usage = {
  /** Bytes of the line that the function writes for one accepted webhook, entry and metrics in one. */
  ownLog: 655,
  /** Bytes of the id of a trace in that line. */
  traceId: 56,
  /** The 26 bytes that CloudWatch adds to each of two entries; START, END and REPORT are not written. */
  platformLog: 52,
  /** Bytes of API Gateway's line. */
  accessLog: 196,
  /** Milliseconds that are billed: those of CPU, and 10 until SQS has answered. */
  accepted: onItsShare(measured.accepted) + 10,
  refused: onItsShare(measured.forged),
  /** Milliseconds that archiving adds: a second signed request takes 1 ms of a core, and the function has 0.29 of one. */
  archiving: 4,
  /** Bytes of an archived delivery report in a compressed object, signed with a key of 2048 bits. */
  archived: 340,
  /** One send, and a consumer that receives and deletes ten at a time. */
  sqsRequests: 1.2,
  /** Bytes of an answer with its headers. */
  answer: 500,
};

const million = 1_000_000;
export const gb = (bytesPerRequest: number) => (bytesPerRequest * million) / 1e9;
const dollars = (amount: number) => `$${amount.toFixed(2)}`;

export type Row = [label: string, ...amounts: number[]];

/** The dollars of a million webhooks, by service, for both front doors and both orderings. */
export function perMillion(): string {
  const { heads, rows } = millionWebhooks();
  const sum = total('**without traces**', rows);
  const perTrace = prices.traces + gb(usage.traceId) * prices.logs.ingestion;
  const traces: Row = ['X-Ray, at most', ...heads.map(() => perTrace)];
  return table(['a million webhooks', ...heads], [...rows, sum, traces, total('**with traces**', [sum, traces])]);
}

/** The dollars of a million webhooks with the default front door and ordering, without traces. */
export function dollarsPerMillion(): number {
  const [, first = Number.NaN] = total('', millionWebhooks().rows);
  return first;
}

function millionWebhooks(): { heads: string[]; rows: Row[] } {
  const doors = { 'HTTP API': prices.httpApi, 'REST API': prices.restApi };
  const variants = Object.entries(doors).flatMap(([door, api]) =>
    Object.entries(prices.sqs).map(([ordering, sqs]) => ({
      head: `${door}, ${ordering}`,
      api,
      sqs: sqs * usage.sqsRequests,
    })),
  );
  const same = (label: string, amount: number): Row => [label, ...variants.map(() => amount)];
  const logs = gb(usage.ownLog + usage.platformLog + usage.accessLog);
  const rows: Row[] = [
    ['API Gateway', ...variants.map(({ api }) => api)],
    same('Lambda', prices.lambdaRequests + compute(usage.accepted)),
    ['SQS', ...variants.map(({ sqs }) => sqs)],
    same('CloudWatch Logs', logs * (prices.logs.ingestion + prices.logs.storage)),
    same('Data transfer out', gb(usage.answer) * prices.transfer),
  ];
  return { heads: variants.map(({ head }) => head), rows };
}

/** The dollars of a month in which nothing comes. */
export function perMonth(): string {
  const environments = 2;
  const keyringReads = (environments * 30 * 24 * 60) / 5;
  const rows: Row[] = [
    [
      'Secrets Manager: the keyring, and two function environments that read it every five minutes',
      prices.secret + (keyringReads / 10_000) * prices.secretCalls,
    ],
    ['CloudWatch: twelve alarms on 14 metrics', 14 * prices.alarm],
    ['CloudWatch: about twelve metrics in use', 12 * prices.metric],
    ['CloudWatch: the dashboard', prices.dashboard],
  ];
  const more: Row[] = [
    ['SQS: Lambda polls the queue for a consumer', polling('FIFO')],
    ['KMS, with `customerManagedKey`, in the first year', prices.kmsKey],
    ['KMS, after the first yearly rotation', prices.kmsKey + prices.kmsRotation],
    ['KMS, after the second and every later one', prices.kmsKey + 2 * prices.kmsRotation],
  ];
  return table(['a month', 'dollars'], [...rows, total('**together**', rows), ...more]);
}

/**
 * The dollars of a month in which Lambda polls an empty queue: five times at once, each for 20 seconds
 * (https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-scaling.html).
 */
export function polling(ordering: keyof typeof prices.sqs): number {
  const receives = (5 * 30 * 86_400) / 20;
  return (receives / million) * prices.sqs[ordering];
}

/** The dollars that an archive adds. */
export function ofArchive(): string {
  const firehose = (million * 5 * 1024 * prices.firehose) / 2 ** 30;
  const rows: Row[] = [
    ['Firehose, each event counting as 5 KB', firehose],
    [`Lambda, ${usage.archiving} ms more for each`, compute(usage.archiving)],
    ['S3, a month of them, compressed', gb(usage.archived) * prices.s3.storage],
  ];
  const runs = (30 * 24 * 60) / 5;
  const streams = 4;
  const monthly: Row[] = [
    ['CloudWatch: nine alarms on 11 metrics', 11 * prices.alarm],
    ["SQS: Lambda polls the archive's queue", polling('standard')],
    ['S3: an object for each stream in five minutes, at most', ((streams * runs) / million) * prices.s3.puts],
    [
      'Secrets Manager and S3: the public keys every five minutes',
      (runs / 10_000) * prices.secretCalls + (runs / million) * prices.s3.puts,
    ],
  ];
  const perMillion = table(['a million archived events', 'dollars'], [...rows, total('**together**', rows)]);
  const perMonth = table(['a month with an archive', 'dollars'], [...monthly, total('**together**', monthly)]);
  return `${perMillion}\n\n${perMonth}`;
}

/** The dollars of a day of forgeries, as many as the default limits let in. */
export function perDayOfFlood(): string {
  const millions = (defaultThrottle.rateLimit * 86_400) / million;
  const traced = (1 + 0.05 * (defaultThrottle.rateLimit - 1)) / defaultThrottle.rateLimit;
  const answer = gb(usage.answer) * prices.transfer;
  const behind =
    prices.lambdaRequests +
    compute(usage.refused) +
    gb(usage.ownLog + usage.platformLog + usage.accessLog) * prices.logs.ingestion +
    traced * prices.traces +
    answer;
  // Lambda takes at most 6 MB, so these end at API Gateway, which counts 10 MB as 20 requests.
  const largest = 20 * prices.httpApi + gb(usage.accessLog) * prices.logs.ingestion + answer;
  const rows: Row[] = [
    ['HTTP API, small requests', millions * (prices.httpApi + behind)],
    ['REST API, which does not count size', millions * (prices.restApi + behind)],
    ['HTTP API, requests of 10 MB (16 Gbit/s)', millions * largest],
  ];
  return table([`a day of ${defaultThrottle.rateLimit} forgeries a second`, 'dollars'], rows);
}

export function compute(milliseconds: number): number {
  return million * memoryGb * (milliseconds / 1000) * prices.lambdaCompute;
}

export function total(label: string, rows: readonly Row[]): Row {
  const [, ...first] = rows[0] ?? [label];
  return [label, ...first.map((_, column) => rows.reduce((sum, [, ...amounts]) => sum + (amounts[column] ?? 0), 0))];
}

export function table(heads: string[], rows: readonly Row[]): string {
  const line = (cells: string[]) => `| ${cells.join(' | ')} |`;
  const rule = `|---|${heads
    .slice(1)
    .map(() => '---:|')
    .join('')}`;
  return [line(heads), rule, ...rows.map(([label, ...amounts]) => line([label, ...amounts.map(dollars)]))].join('\n');
}
