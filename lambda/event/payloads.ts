import type { eventTypes, QueuedEvent } from '../contract.ts';

/**
 * The fields that MessageMedia documents for each kind of event. A field is required here if MessageMedia's own callbacks
 * and the templates of `mmw webhooks create` both have it. Your own template may have other fields. Fields that are not
 * named here are kept: `'field' in payload` finds them. Numbers are as `JSON.parse` reads them.
 */

/** States of a message. */
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
  | 'read';

/** The account that a message belongs to. */
export interface VendorAccount {
  vendor_id: string;
  account_id: string;
}

/** A new state of a message that was sent. The source is the phone that it was sent to. */
export interface DeliveryReport {
  delivery_report_id: string;
  message_id: string;
  status: DeliveryStatus;
  /** A number, as text. */
  error_code: string;
  source_number: string;
  date_received: string;
  submitted_date?: string;
  /** The text that was sent. */
  original_text?: string;
  delay?: number;
  billing_units?: number;
  callback_url?: string;
  vendor_account_id?: VendorAccount;
  account_id?: string;
  /** The metadata that the message was sent with. */
  metadata?: Record<string, string>;
}

/** A file that came with an MMS. */
export interface Attachment {
  content_type: string;
  /** Base64. */
  content: string;
  original_name?: string;
}

/** An answer to a message, as SMS or MMS. The source is the phone that answered. */
export interface Reply {
  reply_id: string;
  /** The message that this answers. */
  message_id: string;
  source_number: string;
  date_received: string;
  /** Text of an SMS. */
  content?: string;
  /** Files of an MMS. */
  attachments?: Attachment[];
  destination_number?: string;
  vendor_account_id?: VendorAccount;
  account_id?: string;
  /** The metadata that the message was sent with. */
  metadata?: Record<string, string>;
}

/** Somebody wants no more messages. The source is their phone. */
export interface OptOut {
  notification_id: string;
  source_number: string;
  date_received: string;
  /** The text that they wrote. */
  content: string;
  destination_number: string;
  account_id: string;
  /** The message that this answers. */
  message_id?: string;
  metadata?: Record<string, string>;
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
