import { createHash } from 'node:crypto';
import {
  IdempotencyConfig,
  IdempotencyItemAlreadyExistsError,
  makeIdempotent,
} from '@aws-lambda-powertools/idempotency';
import { DynamoDBPersistenceLayer } from '@aws-lambda-powertools/idempotency/dynamodb';
import type { IdempotencyRecord } from '@aws-lambda-powertools/idempotency/persistence';
import { DynamoDBClient, UpdateItemCommand } from '@aws-sdk/client-dynamodb';
import { idempotencyKey, type WebhookEvent } from 'messagemedia-webhook-receiver/events';
import { clientLimits } from './clients.ts';
import type { TimeLeft } from './time-left.ts';

// Longer than an event can wait: 14 days in the queue, and 14 in the dead-letter queue.
const expiresAfterSeconds = 60 * 24 * 60 * 60;
/** Lambda ends every function after 15 minutes. */
const longestSeconds = 15 * 60;

/** Remembers which events were handled, in a table that the consumer in Python reads and writes in the same way. */
export function eventMemory(tableName: string, handlesReplays: boolean) {
  const config = new IdempotencyConfig({ eventKeyJmesPath: 'id', expiresAfterSeconds });
  const memory = { config, persistenceStore: new EventTable(tableName), keyPrefix: 'event' };
  const once = makeIdempotent(async (_key: { id: string }, handle: () => Promise<void>) => {
    await handle();
  }, memory);
  return {
    /** Calls `handle` unless the event was handled before. */
    once: async (event: WebhookEvent, handle: () => Promise<void>): Promise<void> => {
      await once({ id: memoryKey(event, handlesReplays) }, handle);
    },
    /** An event that an invocation began and did not end is free again when Lambda has ended that invocation. */
    begin: (time: TimeLeft): void => {
      config.registerLambdaContext({ getRemainingTimeInMillis: time.untilEnd } as Parameters<
        typeof config.registerLambdaContext
      >[0]);
    },
  };
}

/** An event that comes out of the archive has its effect anew only if that is wanted: then once for each replay. */
function memoryKey(event: WebhookEvent, handlesReplays: boolean): string {
  const key = idempotencyKey(event);
  if (!handlesReplays || event.mmreplay === undefined) return key;
  return createHash('sha256').update(`${key} ${event.mmreplay}`).digest('hex');
}

/** Frees events whose record says that they are in progress, but not until when: Powertools would keep them for 60 days. */
class EventTable extends DynamoDBPersistenceLayer {
  readonly #client: DynamoDBClient;
  readonly #tableName: string;

  constructor(tableName: string) {
    const client = new DynamoDBClient(clientLimits);
    super({ tableName, awsSdkV3Client: client });
    this.#client = client;
    this.#tableName = tableName;
  }

  protected override async _putRecord(record: IdempotencyRecord): Promise<void> {
    try {
      await super._putRecord(record);
    } catch (error) {
      if (!(error instanceof IdempotencyItemAlreadyExistsError)) throw error;
      if (!isStuck(error.existingRecord ?? (await this._getRecord(record.idempotencyKey)))) throw error;
      await this.#free(record.idempotencyKey);
      await super._putRecord(record);
    }
  }

  /** Fails if another function was faster. */
  async #free(id: string): Promise<void> {
    await this.#client.send(
      new UpdateItemCommand({
        TableName: this.#tableName,
        Key: { id: { S: id } },
        UpdateExpression: 'SET in_progress_expiration = :past',
        ConditionExpression: '#status = :status AND attribute_not_exists(in_progress_expiration)',
        ExpressionAttributeNames: { '#status': 'status' },
        ExpressionAttributeValues: { ':past': { N: '1' }, ':status': { S: 'INPROGRESS' } },
      }),
    );
  }
}

function isStuck(record: IdempotencyRecord): boolean {
  if (record.getStatus() !== 'INPROGRESS' || record.inProgressExpiryTimestamp !== undefined) return false;
  const begun = (record.expiryTimestamp ?? 0) - expiresAfterSeconds;
  return begun + longestSeconds < Date.now() / 1000;
}
