/** The objects of the management API, with its own field names, so that an answer can be stored or printed as it is. */
import type { Digest } from '../signature.ts';

/** A signature key without its public key, as in every answer except the one that creates it. */
export interface SignatureKey {
  key_id: string;
  cipher: 'RSA';
  digest: Digest;
  /** RFC 3339. */
  created: string;
  /** Whether webhooks are signed with this key. At most one key is enabled. */
  enabled: boolean;
}

/** The only answer that ever holds the public key, base64 SPKI DER. Unchanged it is a valid keyring secret. */
export interface CreatedSignatureKey extends SignatureKey {
  public_key: string;
}

export interface OutboundMessage {
  content: string;
  /** E.164. */
  destination_number: string;
  source_number?: string;
  /** Default `SMS`. */
  format?: 'SMS' | 'MMS' | 'TTS';
  /** Whether a webhook should report every change of its status. */
  delivery_report?: boolean;
  /** Where delivery reports and replies go. */
  callback_url?: string;
  /** Comes back with every delivery report and reply. */
  metadata?: Record<string, string>;
}

export interface SentMessage {
  message_id: string;
  status: string;
}

export const webhookEvents = [
  'ENROUTE_DR',
  'SUBMITTED_DR',
  'DELIVERED_DR',
  'EXPIRED_DR',
  'REJECTED_DR',
  'FAILED_DR',
  'RECEIVED_SMS',
  'RECEIVED_MMS',
  'OPT_OUT_SMS',
] as const;
export type WebhookEventName = (typeof webhookEvents)[number];

export const webhookMethods = ['GET', 'POST', 'PUT', 'PATCH', 'DELETE'] as const;
export type WebhookMethod = (typeof webhookMethods)[number];

export const webhookEncodings = ['JSON', 'FORM_ENCODED', 'XML'] as const;
export type WebhookEncoding = (typeof webhookEncodings)[number];

/** The part of a webhook that can be changed later. */
export interface WebhookSettings {
  url: string;
  method: WebhookMethod;
  encoding: WebhookEncoding;
  events: readonly WebhookEventName[];
  /** `Content-Type` is not allowed, because it follows from the encoding. */
  headers?: Record<string, string>;
  /** Velocity template of the body. */
  template?: string;
}

export interface WebhookDefinition extends WebhookSettings {
  /** Milliseconds that MessageMedia waits for an answer: up to 60 000, by default 20 000. */
  read_timeout?: number;
  /** Retries after a failure: 0 to 5, by default 0. */
  retries?: number;
  /** Seconds between retries: 5 to 60. */
  retry_delay?: number;
}

/** A webhook as MessageMedia lists it. Names to which it may add values are plain text. */
export interface RegisteredWebhook {
  id: string;
  url: string;
  method: string;
  encoding?: string;
  events: string[];
  headers: Record<string, string>;
  template?: string;
  read_timeout?: number;
  retries?: number;
  retry_delay?: number;
}

/** A delivery report or a reply as the API lists it. No field is checked or changed. */
export type PolledItem = Record<string, unknown>;

/** A page of the blacklist: phones to which MessageMedia sends nothing for this account. */
export interface BlacklistPage {
  /** As MessageMedia writes them: in international format, with or without `+`. */
  numbers: string[];
  /** Token of the next page. Absent at the end. */
  next?: string;
}

/** A page of the detail report, of messages that triggered an opt-out. */
export interface OptOutPage {
  messages: OptOutMessage[];
  hasNext: boolean;
}

/** A message that triggered an opt-out. Its ids are not those of the webhook, which has a `notification_id`. */
export interface OptOutMessage {
  source_address: string;
  message_id?: string;
  /** Without a zone. It is asked for in UTC. */
  timestamp?: string;
  /** The message that it answers. */
  in_response_to?: string;
  destination_address?: string;
  content?: string;
  /** What MessageMedia did about it, such as `OPTOUT`. */
  action?: string;
  account_id?: string;
  /** The metadata of the message that it answers. */
  metadata?: Record<string, string>;
}
