import { parseArgs } from 'node:util';
import { defaultThrottle } from '../lib/front-door/front-door.ts';
import { dollarsPerMillion, usage } from './costs.ts';
import { fanOutUsage } from './fan-out-costs.ts';

/*
 * What a rate of webhooks needs, which limit it meets first, and what it costs: a table in docs/costs.md, and
 * `npm run costs -- --rate 5000` for a rate of your own.
 */

interface Limit {
  what: string;
  /** Webhooks a second that the default allows, with room for uneven traffic. */
  allows: number;
  /** The default, in words. */
  byDefault: string;
  /** What a rate needs, in words. */
  needs: (rate: number) => string;
}

const a = (rate: number) => rate.toLocaleString('en-US', { maximumFractionDigits: 0 });
/** What the example consumer uses. A test compares the first with its template; the other is a cautious guess. */
export const consumerUsage = {
  /** Batches that it handles at the same time. */
  maxConcurrency: 2,
  /** Milliseconds for an event, of which its own code takes none. */
  event: 25,
};

/** Batches that are handled at the same time when the consumer keeps up with the rate. */
const consumersAtOnce = (rate: number) =>
  Math.max(consumerUsage.maxConcurrency, Math.ceil((rate * consumerUsage.event) / 1000));
const forwardersAtOnce = (rate: number) => Math.ceil((rate * fanOutUsage.tenEvents) / 10_000);
/** Requests that run at the same time in a burst of twice the rate, and the consumer beside them. */
const atOnce = (rate: number) => Math.ceil((2 * rate * usage.accepted) / 1000) + consumersAtOnce(rate);

/** The highest rate with which no more than a number of executions run at once. */
function rateWithin(executions: number): number {
  const kept = ((executions - consumerUsage.maxConcurrency) * 1000) / (2 * usage.accepted);
  return Math.min(kept, (executions * 1000) / (2 * usage.accepted + consumerUsage.event));
}

/** Quotas of AWS in us-east-1 and of this stack, November 2026. Others are far above these. */
const limits: Limit[] = [
  {
    what: '`maxConcurrency` of the [example consumer](../examples/README.md): above it events wait',
    allows: (consumerUsage.maxConcurrency * 1000) / consumerUsage.event,
    byDefault: a(consumerUsage.maxConcurrency),
    needs: (rate) => a(consumersAtOnce(rate)),
  },
  {
    what: '`maxConcurrency` of the [fan-out](events.md#fan-out): above it events wait',
    allows: (fanOutUsage.maxConcurrency * 10_000) / fanOutUsage.tenEvents,
    byDefault: a(fanOutUsage.maxConcurrency),
    needs: (rate) => a(forwardersAtOnce(rate)),
  },
  {
    what: '`throttleRateLimit` of this stack',
    allows: defaultThrottle.rateLimit,
    byDefault: `${a(defaultThrottle.rateLimit)} a second`,
    needs: (rate) => `${a(rate * 1.2)} a second, \`throttleBurstLimit\` ${a(rate * 2)}`,
  },
  {
    what: '[Lambda](https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html) concurrency of a new account',
    allows: rateWithin(10),
    byDefault: '10',
    needs: (rate) => a(atOnce(rate)),
  },
  {
    what: '[API Gateway](https://docs.aws.amazon.com/apigateway/latest/developerguide/limits.html), all APIs of a region (a quarter in newer regions)',
    allows: 8_000,
    byDefault: '10,000 a second, 5,000 at once',
    needs: (rate) => `${a(rate * 1.2)} a second`,
  },
  {
    what: '[Lambda](https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html) concurrency of a region',
    allows: rateWithin(1_000),
    byDefault: '1,000',
    needs: (rate) => a(atOnce(rate)),
  },
  {
    what: '[SQS FIFO](https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/quotas-messages.html), high throughput (19,000 or less outside N. Virginia, Oregon and Ireland)',
    allows: 70_000,
    byDefault: '70,000 sends a second, 300 for the events of one message',
    needs: (rate) => `${a(rate)}, over all messages`,
  },
  {
    what: '[SNS FIFO](https://docs.aws.amazon.com/general/latest/gr/sns.html) of a fan-out (9,000 in Oregon and Ireland, 3,000 elsewhere)',
    allows: 30_000,
    byDefault: '30,000 events a second in all topics, 300 about one message',
    needs: (rate) => `${a(rate * 1.2)} a second`,
  },
];

/** The limits that a rate meets, the lowest first, and its cost. @param rates webhooks a second */
export function scaleTable(rates: readonly number[] = [1_000_000 / 3_600, 10_000]): string {
  const lowestFirst = [...limits].sort((one, other) => one.allows - other.allows);
  const cells = ({ needs, allows }: Limit) =>
    rates.map((rate) => (rate > allows ? `**raise to ${needs(rate)}**` : 'enough'));
  const hour = rates.map((rate) => `$${((rate * 3_600 * dollarsPerMillion()) / 1_000_000).toFixed(2)}`);
  const line = (row: string[]) => `| ${row.join(' | ')} |`;
  return [
    line(['limit', 'default', ...rates.map((rate) => `${a(rate)} a second`)]),
    line(['---', '---', ...rates.map(() => '---')]),
    ...lowestFirst.map((limit) => line([limit.what, limit.byDefault, ...cells(limit)])),
    line(['cost of an hour, HTTP API and FIFO, without traces', '', ...hour]),
  ].join('\n');
}

if (import.meta.main) {
  const { rate } = parseArgs({ options: { rate: { type: 'string' } } }).values;
  if (rate === undefined) console.log(scaleTable());
  else if (Number(rate) > 0) console.log(scaleTable([Number(rate)]));
  else {
    console.error(`--rate must be a number of webhooks a second above 0, and is ${rate}.`);
    process.exitCode = 1;
  }
}
