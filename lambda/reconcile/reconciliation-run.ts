import type { EventType } from '../contract.ts';
import type { QueueMessage } from '../event/queue-message.ts';
import type { Provider } from '../provider/provider.ts';

/** What reconciliation needs from outside. */
export interface ReconciliationDependencies {
  provider: Pick<Provider, 'checkDeliveryReports' | 'checkReplies' | 'confirmDeliveryReports' | 'confirmReplies'>;
  /** Sends a message to the queue. Rejects when the queue did not take it. */
  send: (message: QueueMessage) => Promise<void>;
  /** Archives a message that was queued. Never rejects. */
  archive?: ((message: QueueMessage) => Promise<void>) | undefined;
  /** Stores the data of a large event, and returns where. Without it such events fail. */
  store?: ((data: Uint8Array, contentType: string | undefined) => Promise<string>) | undefined;
  /**
   * Returns which of these events arrived already, by webhook or by an earlier run. Ids are UUIDs in lower case. Without
   * it, or if it fails, every event is queued, and FIFO queues and consumers drop repetitions.
   */
  seen?: ((ids: readonly string[], since: Date) => Promise<ReadonlySet<string>>) | undefined;
  now: () => number;
  /** Gets each event that was queued. From then on `seen` has to know its id. */
  recovered: (event: { id: string; type: EventType; bytes: number }) => void;
}

/** Options of a run. Times are in milliseconds. */
export interface ReconciliationOptions {
  /** How old an event may be; older events are skipped. */
  since: number;
  /** How old an event must be, because its webhook may still be retried. @default 15 minutes */
  grace?: number;
  /** Removes queued events from MessageMedia's lists, for everybody who polls the account. */
  confirm?: boolean;
  /** Queues nothing, and only counts. */
  dryRun?: boolean;
  /** No further page is read after this time, in milliseconds since 1970. */
  stopAt?: number;
}

/** Result for one list. */
export interface ReconciliationCounts {
  listed: number;
  /** Queued now; with `dryRun`, those that would be queued. */
  recovered: number;
  /** In the queue already. */
  known: number;
  /** Skipped, because the webhook may still come. */
  younger: number;
  /** Skipped, because they are older than `since`. */
  older: number;
  confirmed: number;
  /** Not taken by queue or bucket; still on the list. */
  failed: number;
}

/** Result of a run. */
export interface ReconciliationResult {
  deliveryReports: ReconciliationCounts;
  replies: ReconciliationCounts;
  /** Warnings for a person: nothing failed, but the run could not see everything. */
  notes: string[];
  /** Failures. The counts show how far the run got. */
  errors: unknown[];
}
