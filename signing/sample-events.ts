import { randomUUID } from 'node:crypto';
import type { SentMessage, WebhookEventName } from '../lambda/messagemedia/types.ts';

/** An accepted message, with everything that later events repeat. */
export interface AcceptedMessage extends SentMessage {
  content: string;
  /** The phone. */
  destination_number: string;
  /** The customer's number; `undefined` if the message named none. */
  source_number: string | undefined;
  format: string;
  delivery_report: boolean;
  callback_url: string | undefined;
  metadata: Record<string, string>;
  submitted: string;
}

/** An event that webhooks report. */
export interface ProviderEvent {
  kind: WebhookEventName;
  /** `delivery_report_id`, `reply_id` or `notification_id`. */
  id: string;
  /** The JSON that a `callback_url` gets. */
  body: object;
  /** The variables that a template may use. */
  variables: Record<string, unknown>;
}

/** An answer from a phone: text, or for an MMS attachments, whose content is base64. */
export type PhoneReply =
  | { content: string }
  | { attachments: { content_type: string; content: string; original_name: string }[] };

/** The account of an event, and its clock. */
export interface Origin {
  accountId: string;
  now: () => Date;
}

interface Station {
  kind: WebhookEventName;
  status: string;
  code: string;
}

const enroute: Station = { kind: 'ENROUTE_DR', status: 'enroute', code: '101' };
const submitted: Station = { kind: 'SUBMITTED_DR', status: 'submitted', code: '200' };

/** The last report about a message, by the end of its number. Every other number is reached. */
const ends: Record<string, Station> = {
  '0001': { kind: 'FAILED_DR', status: 'failed', code: '400' },
  '0002': { kind: 'EXPIRED_DR', status: 'expired', code: '401' },
  '0003': { kind: 'REJECTED_DR', status: 'rejected', code: '302' },
};
const delivered: Station = { kind: 'DELIVERED_DR', status: 'delivered', code: '220' };

/** The delivery reports of a message, each made on demand. In a report the phone is the source. */
export function* deliveryReports(message: AcceptedMessage, from: Origin): Generator<ProviderEvent> {
  const { accountId } = from;
  const end = ends[message.destination_number.slice(-4)] ?? delivered;
  for (const { kind, status, code } of [enroute, submitted, end]) {
    const id = randomUUID();
    const now = from.now().toISOString();
    const body = {
      vendor_account_id: vendorAccount(accountId),
      callback_url: message.callback_url,
      delivery_report_id: id,
      source_number: message.destination_number,
      date_received: now,
      status,
      delay: 0,
      submitted_date: message.submitted,
      original_text: message.content,
      message_id: message.message_id,
      error_code: code,
      metadata: message.metadata,
    };
    const own = { drId: id, reportId: id, status, statusCode: code, billingUnits: 1 };
    yield { kind, id, body, variables: { ...common(message, accountId, now), ...own } };
  }
}

/** A reply to a message. The phone is the source, the customer's number the destination. */
export function replyTo(message: AcceptedMessage, from: Origin, reply: PhoneReply): ProviderEvent {
  const { accountId } = from;
  const id = randomUUID();
  const now = from.now().toISOString();
  const { content, attachments } = { content: undefined, attachments: undefined, ...reply };
  const body = {
    metadata: message.metadata,
    message_id: message.message_id,
    reply_id: id,
    date_received: now,
    callback_url: message.callback_url,
    destination_number: message.source_number,
    source_number: message.destination_number,
    vendor_account_id: vendorAccount(accountId),
    ...reply,
  };
  const variables = {
    ...common(message, accountId, now),
    ...heard(message, content),
    format: attachments ? 'MMS' : 'SMS',
    type: attachments ? 'MMS' : 'SMS',
    moId: id,
    replyId: id,
    ...(attachments && {
      attachments: attachments.map(({ content_type, content: base64, original_name }) => {
        return { contentType: content_type, base64, originalName: original_name };
      }),
    }),
  };
  return { kind: attachments ? 'RECEIVED_MMS' : 'RECEIVED_SMS', id, body, variables };
}

/**
 * An opt-out of a phone. It is a notification with its own kind of id, so there is no `$moId` and no `$replyId`. If nobody
 * wrote to that phone before, there is no message either.
 */
export function optOutAfter(message: AcceptedMessage, from: Origin, isSolicited = true): ProviderEvent {
  const { accountId } = from;
  const id = randomUUID();
  const now = from.now().toISOString();
  const solicited = common(message, accountId, now);
  // If nobody wrote before, there is no message, so its variables are missing.
  const { mtId, messageId, mtContent, messageContent, submittedTimestamp, metadata, ...unsolicited } = solicited;
  const body = {
    notification_id: id,
    ...(isSolicited && { message_id: message.message_id, metadata: message.metadata }),
    date_received: now,
    content: 'STOP',
    source_number: message.destination_number,
    destination_number: message.source_number,
    account_id: accountId,
  };
  const variables = { ...(isSolicited ? solicited : unsolicited), ...heard(message, 'STOP'), notificationId: id };
  return { kind: 'OPT_OUT_SMS', id, body, variables };
}

function heard(message: AcceptedMessage, content: string | undefined) {
  return { destinationAddress: message.source_number, moContent: content, replyContent: content };
}

function common(message: AcceptedMessage, accountId: string, receivedTimestamp: string) {
  return {
    type: message.format,
    format: message.format,
    mtId: message.message_id,
    messageId: message.message_id,
    accountId,
    vendorId: 'MessageMedia',
    submittedTimestamp: message.submitted,
    receivedTimestamp,
    metadata: message.metadata,
    sourceAddress: message.destination_number,
    mtContent: message.content,
    messageContent: message.content,
  };
}

function vendorAccount(accountId: string) {
  return { vendor_id: 'MessageMedia', account_id: accountId };
}
