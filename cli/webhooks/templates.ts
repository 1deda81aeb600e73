import { eventKinds } from '../../lambda/event/kinds.ts';
import type { WebhookEventName } from '../../lambda/messagemedia/types.ts';

/**
 * Kinds of event that one template can serve, by their name in the URL. An opt-out is a notification with its own kind of
 * id: `$moId` and `$replyId` do not exist for it.
 */
export const servedKinds = {
  'delivery-report': eventKinds.deliveryReport,
  reply: eventKinds.reply,
  'opt-out': eventKinds.optOut,
} as const;
export type TemplateKind = keyof typeof servedKinds;
export const templateKinds = Object.keys(servedKinds) as TemplateKind[];

export function isKind(name: string): name is TemplateKind {
  return Object.hasOwn(servedKinds, name);
}

/**
 * A template in JSON whose events hold the ids by which they are recognised, ordered and queued once. Every reference is
 * silent (`$!`): a variable without a value becomes empty or is left out, and never stays in the body as `$x`.
 */
export function templateFor(kind: TemplateKind): string {
  return jsonTemplates[kind];
}

/** A member with text, and one that is there only with a value. */
const text = (name: string, variable: string) => `"${name}":"$!esc.json($!${variable})"`;
const optional = (name: string, variable: string) => `#if($${variable}),${text(name, variable)}#end`;

const vendorAccount = `"vendor_account_id":{${text('vendor_id', 'vendorId')},${text('account_id', 'accountId')}}`;
const metadata = `"metadata":{${each('metadata.entrySet()', '"$!esc.json($!entry.key)":"$!esc.json($!entry.value)"')}}`;
const attachment = `{${text('content_type', 'entry.contentType')},${text('content', 'entry.base64')},${text('original_name', 'entry.originalName')}}`;

function each(list: string, item: string): string {
  return `#foreach($entry in $${list})${item}#if($foreach.hasNext),#end#end`;
}

function head(kind: TemplateKind): string {
  const { idField, idVariables } = servedKinds[kind];
  return text(idField, idVariables[0]) + optional('message_id', 'mtId');
}

/** All fields of MessageMedia's own callbacks. There is no callback for an opt-out, so it has the fields of a reply. */
const jsonTemplates: Record<TemplateKind, string> = {
  'delivery-report':
    `{${head('delivery-report')},${vendorAccount},${text('date_received', 'receivedTimestamp')},` +
    `${text('status', 'status')},${text('error_code', 'statusCode')},${text('source_number', 'sourceAddress')}` +
    `${optional('submitted_date', 'submittedTimestamp')}#if($billingUnits),"billing_units":$billingUnits#end,` +
    `${text('original_text', 'mtContent')},${metadata}}`,
  reply:
    `{${head('reply')},${vendorAccount},${text('date_received', 'receivedTimestamp')},` +
    `${text('source_number', 'sourceAddress')}${optional('destination_number', 'destinationAddress')}` +
    `#if($attachments),"attachments":[${each('attachments', attachment)}]#else,${text('content', 'moContent')}#end,${metadata}}`,
  'opt-out':
    `{${head('opt-out')},${text('account_id', 'accountId')},${text('date_received', 'receivedTimestamp')},` +
    `${text('source_number', 'sourceAddress')}${optional('destination_number', 'destinationAddress')},` +
    `${text('content', 'moContent')},${metadata}}`,
};

/** The kind of these events; `undefined` when they are of several kinds. */
export function kindOf(events: readonly WebhookEventName[]): TemplateKind | undefined {
  const kinds = new Set(events.map(kindOfEvent));
  return kinds.size === 1 ? [...kinds][0] : undefined;
}

function kindOfEvent(event: WebhookEventName): TemplateKind {
  if (event.endsWith('_DR')) return 'delivery-report';
  return event === 'OPT_OUT_SMS' ? 'opt-out' : 'reply';
}
