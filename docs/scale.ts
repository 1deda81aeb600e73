import { parseArgs } from 'node:util';
import { defaultThrottle } from '../lib/front-door/front-door.ts';
import { dollarsPerMillion, usage } from './costs.ts';

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
/** Executions of a consumer at the same time: the fewest to which Lambda limits those of a queue. */
const consumers = 2;
/** Executions at the same time in a burst of twice the rate, with those of a consumer, which share the account's. */
const atOnce = (rate: number) => Math.ceil((2 * rate * usage.accepted) / 1000) + consumers;
/** The rate whose burst takes this many executions. */
const rateOf = (executions: number) => ((executions - consumers) * 1000) / (2 * usage.accepted);

/** Quotas of AWS in us-east-1 and of this stack, November 2026. Others are far above these. */
const limits: Limit[] = [
  {
    what: '`throttleRateLimit` of this stack',
    allows: defaultThrottle.rateLimit,
    byDefault: `${a(defaultThrottle.rateLimit)} a second`,
    needs: (rate) => `${a(rate * 1.2)} a second, \`throttleBurstLimit\` ${a(rate * 2)}`,
  },
  {
    what: '[Lambda](https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html) concurrency of a new account',
    allows: rateOf(10),
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
    allows: rateOf(1_000),
    byDefault: '1,000',
    needs: (rate) => a(atOnce(rate)),
  },
  {
    what: '[SQS FIFO](https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/quotas-messages.html), high throughput (19,000 or less outside N. Virginia, Oregon and Ireland)',
    allows: 70_000,
    byDefault: '70,000 sends a second, 300 for the events of one message',
    needs: (rate) => `${a(rate)}, over all messages`,
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
