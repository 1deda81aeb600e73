import type { EventType } from '../contract.ts';
import type { QueueMessage } from '../event/queue-message.ts';
import type { Provider } from '../provider/provider.ts';

/** What reconciliation needs from outside. */
export interface ReconciliationDependencies {
  provider: Pick<Provider, 'checkDeliveryReports' | 'checkReplies' | 'confirmDeliveryReports' | 'confirmReplies'>;
  /** Puts a message on the queue. Rejects when the queue did not take it. */
  send: (message: QueueMessage) => Promise<void>;
  /** Archives a message that was queued. Never rejects. */
  archive?: ((message: QueueMessage) => Promise<void>) | undefined;
  /** Puts the data of a large event elsewhere, and says where. Without it such events fail. */
  store?: ((data: Uint8Array, contentType: string | undefined) => Promise<string>) | undefined;
  /**
   * Which of these events came already, by webhook or by an earlier run. Ids are UUIDs in lower case. Without it, and
   * when it fails, every event is queued: FIFO queues and consumers drop what came before.
   */
  seen?: ((ids: readonly string[], since: Date) => Promise<ReadonlySet<string>>) | undefined;
  now: () => number;
  /** Gets each event that was queued; its id is what `seen` has to know from then on. */
  recovered: (event: { id: string; type: EventType; bytes: number }) => void;
}

/** What a run may do. Times are in milliseconds. */
export interface ReconciliationOptions {
  /** How old an event may be; what is older is left alone. */
  since: number;
  /** How old an event must be, as its webhook may still be tried again. @default 15 minutes */
  grace?: number;
  /** Takes what the queue has out of MessageMedia's lists, for everybody who polls the account. */
  confirm?: boolean;
  /** Only looks. */
  dryRun?: boolean;
  /** When to begin no other page, in milliseconds since 1970. */
  stopAt?: number;
}

/** What became of one list. */
export interface ReconciliationCounts {
  listed: number;
  /** Queued now; with `dryRun`, what would be. */
  recovered: number;
  /** The queue had it already. */
  known: number;
  /** Left, as its webhook may still come. */
  younger: number;
  /** Left, as it is older than `since`. */
  older: number;
  confirmed: number;
  /** Not taken by queue or bucket; still on the list. */
  failed: number;
}

/** What became of a run. */
export interface ReconciliationResult {
  deliveryReports: ReconciliationCounts;
  replies: ReconciliationCounts;
  /** What a person should know: nothing failed, but not everything could be seen. */
  notes: string[];
  /** What failed. The counts tell how far it went all the same. */
  errors: unknown[];
}
