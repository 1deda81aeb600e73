import { compute, gb, polling, prices, type Row, table, total, usage } from './costs.ts';

/** What the fan-out uses for one event. A test measures the size; the others are cautious guesses. */
export const fanOutUsage = {
  /** Bytes of a queued delivery report, signed with a key of 2048 bits. */
  event: 1250,
  /** Milliseconds that are billed for ten events. */
  tenEvents: 100,
  /** Bytes that Lambda logs for them. */
  log: 500,
  /** Batches of ten that are forwarded at the same time. */
  maxConcurrency: 2,
};

const readers = 3;

/** The dollars that a fan-out to three readers adds. */
export function ofFanOut(): string {
  const { event, tenEvents, log } = fanOutUsage;
  const { sns, logs, sqs } = prices;
  const logged = gb(log / 10) * (logs.ingestion + logs.storage);
  const rows: Row[] = [
    ['SNS, each event published by itself', sns.publish + gb(event) * sns.publishGb],
    ['Lambda, which forwards ten events at a time', (prices.lambdaRequests + compute(tenEvents)) / 10 + logged],
    ['SNS, three deliveries', readers * (sns.deliver + gb(event) * sns.deliverGb)],
    ['SQS, three queues', readers * sqs.FIFO * usage.sqsRequests],
  ];
  const filter: Row = ['SNS, for each reader with `types`', gb(event) * sns.filterGb];
  const monthly: Row[] = [
    ['SQS: Lambda polls for the function that forwards', polling('FIFO')],
    ['SQS: Lambda polls for three readers', readers * polling('FIFO')],
    ['CloudWatch: an alarm for each reader', readers * prices.alarm],
  ];
  const perMillion = table(
    ['a million events to three readers', 'dollars'],
    [...rows, total('**together**', rows), filter],
  );
  return `${perMillion}\n\n${table(['a month with three readers', 'dollars'], [...monthly, total('**together**', monthly)])}`;
}
