/** Sizes that the tables of docs/costs.md were computed with, and what bounds a consumer there. Tests measure them. */
export const assumed = {
  /** Bytes of the line that the function writes for an accepted webhook, and of API Gateway's. */
  ownLog: 655,
  accessLog: 196,
  /** Bytes of a queued delivery report, signed with a key of 2048 bits, and of its share of a compressed object. */
  event: 1250,
  archived: 340,
  /** Batches that the example consumer and the fan-out each handle at the same time. */
  maxConcurrency: 2,
  /** Writes of the example consumer to its table, bytes of its record there with DynamoDB's 100, and bytes of its log. */
  consumer: { writes: 2, record: 195, log: 470 },
};
