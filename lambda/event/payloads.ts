import type { eventTypes, QueuedEvent } from '../contract.ts';

/**
 * The fields of each kind of event in MessageMedia's callbacks, in its lists that reconciliation reads, and in the templates
 * of `mmw webhooks create`. MessageMedia requires none of them, so each can be missing or null: test it before you use it.
 * The attributes `id`, `type`, `source` and `time` of the event itself are always there.
 *
 * Your own template may have other fields, or other types. Fields that are not named here are kept: `'field' in payload`
 * finds them. Numbers are as `JSON.parse` reads them.
 */

/** States of a message that MessageMedia documents, or any that it adds. */
export type DeliveryStatus =
  | 'undefined'
  | 'queued'
  | 'processing'
  | 'processed'
  | 'failed'
  | 'scheduled'
  | 'cancelled'
  | 'delivered'
  | 'expired'
  | 'enroute'
  | 'held'
  | 'submitted'
  | 'rejected'
  | 'read'
  | (string & {});

/** The account that a message belongs to. */
export interface VendorAccount {
  vendor_id?: string | null;
  account_id?: string | null;
}

/** The metadata that a message was sent with. Any name may be missing. */
export type Metadata = Record<string, string | undefined>;

/** A new state of a message that was sent. The source is the phone that it was sent to. */
export interface DeliveryReport {
  delivery_report_id?: string | null;
  message_id?: string | null;
  status?: DeliveryStatus | null;
  /** A number, as text. Missing in an event from reconciliation. */
  error_code?: string | null;
  source_number?: string | null;
  date_received?: string | null;
  submitted_date?: string | null;
  /** The text that was sent. */
  original_text?: string | null;
  /** Out of use. A number in callbacks and lists, text in MessageMedia's own template. */
  delay?: number | string | null;
  billing_units?: number | null;
  callback_url?: string | null;
  vendor_account_id?: VendorAccount | null;
  account_id?: string | null;
  metadata?: Metadata | null;
}

/** A file that came with an MMS. */
export interface Attachment {
  content_type?: string | null;
  /** Base64. */
  content?: string | null;
  original_name?: string | null;
}

/** An answer to a message, as SMS or MMS. The source is the phone that answered. */
export interface Reply {
  reply_id?: string | null;
  /** The message that this answers. */
  message_id?: string | null;
  source_number?: string | null;
  date_received?: string | null;
  /** Text of an SMS. */
  content?: string | null;
  /** Files of an MMS. Missing in an event from reconciliation. */
  attachments?: Attachment[] | null;
  destination_number?: string | null;
  callback_url?: string | null;
  vendor_account_id?: VendorAccount | null;
  account_id?: string | null;
  metadata?: Metadata | null;
}

/** Somebody wants no more messages. The source is their phone. */
export interface OptOut {
  notification_id?: string | null;
  source_number?: string | null;
  date_received?: string | null;
  /** The text that they wrote. */
  content?: string | null;
  destination_number?: string | null;
  account_id?: string | null;
  /** The message that this answers. Missing if nobody wrote to that phone before. */
  message_id?: string | null;
  metadata?: Metadata | null;
}

/** A queued event with its data read. `type` determines the type of the payload. */
export type WebhookEvent = Attributes &
  (
    | Kind<typeof eventTypes.deliveryReport, DeliveryReport>
    | Kind<typeof eventTypes.reply, Reply>
    | Kind<typeof eventTypes.optOut, OptOut>
    | Kind<typeof eventTypes.webhook, unknown>
  );

type Attributes = Omit<QueuedEvent, 'type' | 'data' | 'data_base64'>;

interface Kind<Type, Payload> {
  type: Type;
  /**
   * The body as JSON: any value for `com.messagemedia.webhook`, an object for the others. `undefined` if the body is a
   * form, XML, anything else, or absent; then use the signed body and target.
   */
  payload: Payload | undefined;
}
