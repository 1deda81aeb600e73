import { compute, gb, prices, type Row, table, total } from './costs.ts';

/** What the example consumer in TypeScript uses. A test measures what it writes; the others are cautious guesses. */
export const consumerUsage = {
  /** Records in the table for one event: one says that it began, and the other that it is done. */
  writes: 2,
  /** Bytes of the record, with the 100 that DynamoDB adds to each. */
  record: 195,
  /** How long it is kept, in months. */
  months: 2,
  /** Bytes that it logs about one event. */
  log: 470,
  /** Bytes that CloudWatch adds to its entries, and the START, END and REPORT of ten events. */
  platformLog: 100,
  /** Milliseconds that are billed for ten events, one after the other. Your own code is not in it. */
  tenEvents: 300,
};

/** The dollars of the example consumer. */
export function ofConsumer(): string {
  const { writes, record, months, log, platformLog, tenEvents } = consumerUsage;
  const { dynamoDb, logs } = prices;
  const rows: Row[] = [
    ['DynamoDB, two writes for each event', writes * dynamoDb.writes],
    ['DynamoDB, each record kept for 60 days', gb(record) * months * dynamoDb.storage],
    ['Lambda, ten events at a time', (prices.lambdaRequests + compute(tenEvents)) / 10],
    ['CloudWatch Logs', gb(log + platformLog) * (logs.ingestion + logs.storage)],
  ];
  return table(['a million events to the example consumer', 'dollars'], [...rows, total('**together**', rows)]);
}
