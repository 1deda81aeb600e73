import type { EventType } from '../contract.ts';
import type { QueueMessage } from '../event/queue-message.ts';
import type { KeyOwner } from '../keys/keyring.ts';
import type { Provider } from '../messagemedia/client.ts';

export interface ReconciliationDependencies {
  provider: Pick<Provider, 'checkDeliveryReports' | 'checkReplies' | 'confirmDeliveryReports' | 'confirmReplies'>;
  /** Whose lists these are, where keys name accounts. */
  owner?: KeyOwner | undefined;
  /** Sends a message to the queue. Rejects when the queue did not take it. */
  send: (message: QueueMessage) => Promise<void>;
  /** Archives a message that was queued. Never rejects. */
  archive?: ((message: QueueMessage) => Promise<void>) | undefined;
  /** Stores the data of a large event, and returns where. Without it such events fail. */
  store?: ((data: Uint8Array, contentType: string | undefined) => Promise<string>) | undefined;
  /**
   * Returns which of these events of one kind and account arrived already, by webhook or by an earlier run. Ids are UUIDs in
   * lower case. Without it, or if it fails, every event is queued, and FIFO queues and consumers drop repetitions.
   */
  seen?: ((ids: readonly string[], since: Date, events: EventsOf) => Promise<ReadonlySet<string>>) | undefined;
  /**
   * Deduplication ids of events that are in the queue and may still be listed. They are not searched again, because a long
   * log costs money.
   */
  remembered?: Set<string>;
  now: () => number;
  pause: (milliseconds: number) => Promise<unknown>;
  /** Gets each event that was queued. From then on `seen` has to know its id. */
  recovered: (event: { id: string; bytes: number } & EventsOf) => void;
}

/** What events have in common that may have the same id as others. */
export interface EventsOf {
  type: EventType;
  /** `undefined` where keys name no accounts. */
  account: string | undefined;
}

/** Options of a run. Times are in milliseconds. */
export interface ReconciliationOptions {
  /** How old an event may be; older events are skipped. @default everything that MessageMedia lists */
  since?: number;
  /** How old an event must be, because its webhook may still be retried. @default 15 minutes */
  grace?: number;
  /** Removes queued events from MessageMedia's lists, for everybody who polls the account. */
  confirm?: boolean;
  /** Queues nothing, and only counts. */
  dryRun?: boolean;
  /** Nothing more is queued after this time, in milliseconds since 1970. */
  stopAt?: number;
  /** How long the log is kept. Nobody knows whether an older event arrived. @default for ever */
  logKept?: number | undefined;
  /**
   * Leaves events that are older than the log, if they would stay on the list. Otherwise runs would queue them again and
   * again, because the log forgets that they did.
   */
  leavesUnknown?: boolean;
  /** The command that does the same by hand, for notes. */
  command: string;
}

export interface ReconciliationCounts {
  listed: number;
  /** Queued now; with `dryRun`, those that would be queued. */
  recovered: number;
  /** Of these, older than the log, so that they may have arrived before. */
  unlogged: number;
  /** In the queue already. */
  known: number;
  /** Skipped, because the webhook may still come. */
  younger: number;
  /** Skipped, because they are older than `since`. */
  older: number;
  /** Left, because they are older than the log and would stay on the list. A note names them. */
  left: number;
  confirmed: number;
  /** Not taken by queue or bucket; still on the list. */
  failed: number;
  /** Whether the list hides newer items. Absent if it could not be read. */
  full?: boolean;
}

export interface ReconciliationResult {
  deliveryReports: ReconciliationCounts;
  replies: ReconciliationCounts;
  /** Warnings for a person: nothing failed, but the run could not see everything. */
  notes: string[];
  /** Failures. The counts show how far the run got. */
  errors: unknown[];
}
