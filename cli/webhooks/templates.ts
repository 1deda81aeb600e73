import { eventKinds } from '../../lambda/event/kinds.ts';
import type { WebhookEncoding, WebhookEvent } from '../../lambda/messagemedia/types.ts';

/** Kinds of event that one template can serve. */
export const templateKinds = ['delivery-report', 'reply', 'opt-out'] as const;
export type TemplateKind = (typeof templateKinds)[number];

/** Whether a name is that of a kind. */
export function isKind(name: string): name is TemplateKind {
  return (templateKinds as readonly string[]).includes(name);
}

/** A field of the event, and MessageMedia's variable for it. */
type Field = [name: string, variable: string];

/** An opt-out is a notification with its own kind of id: `$moId` and `$replyId` do not exist for it. */
export const idFields: Record<TemplateKind, Field> = {
  'delivery-report': idOf(eventKinds.deliveryReport),
  reply: idOf(eventKinds.reply),
  'opt-out': idOf(eventKinds.optOut),
};
const common: Field[] = [
  ['message_id', 'mtId'],
  ['account_id', 'accountId'],
  ['date_received', 'receivedTimestamp'],
];
const numbers: Field[] = [
  ['source_number', 'sourceAddress'],
  ['destination_number', 'destinationAddress'],
];
const more: Record<TemplateKind, Field[]> = {
  'delivery-report': [
    ['status', 'status'],
    ['error_code', 'statusCode'],
    ['submitted_date', 'submittedTimestamp'],
    ['source_number', 'sourceAddress'],
  ],
  reply: numbers,
  'opt-out': numbers,
};

/**
 * The fields that nobody typed, ids first. Forms, XML and queries have only these. MessageMedia does not document whether
 * values are escaped there, and unescaped text breaks the document or can look like other fields.
 */
function fieldsOf(kind: TemplateKind): Field[] {
  return [idFields[kind], ...common, ...more[kind]];
}

/**
 * A template whose events hold the ids by which they are recognised, ordered and queued once. Every reference is silent
 * (`$!`): a variable without a value becomes empty or is left out, and never stays in the body as `$x`.
 */
export function templateFor(kind: TemplateKind, encoding: WebhookEncoding): string {
  if (encoding === 'JSON') return jsonTemplates[kind];
  const fields = fieldsOf(kind);
  if (encoding === 'FORM_ENCODED') return fields.map(([name, variable]) => `${name}=$!${variable}`).join('&');
  const elements = fields.map(([name, variable]) => `<${name}>$!${variable}</${name}>`);
  return `<${kind}>${elements.join('')}</${kind}>`;
}

/**
 * The query of a GET webhook. MessageMedia's own example has its variables there, written without `!`. A variable that
 * every event has is written the same way, in case something simpler than Velocity renders URLs.
 */
export function queryFor(kind: TemplateKind): string {
  const isCertain = (variable: string) =>
    variable !== 'destinationAddress' && !(kind === 'opt-out' && variable === 'mtId');
  return fieldsOf(kind)
    .map(([name, variable]) => `${name}=${isCertain(variable) ? '$' : '$!'}${variable}`)
    .join('&');
}

/** A member with text, and one that is there only with a value. */
const text = (name: string, variable: string) => `"${name}":"$!esc.json($!${variable})"`;
const optional = (name: string, variable: string) => `#if($${variable}),${text(name, variable)}#end`;

const vendorAccount = `"vendor_account_id":{${text('vendor_id', 'vendorId')},${text('account_id', 'accountId')}}`;
const metadata = `"metadata":{${each('metadata.entrySet()', '"$!esc.json($!entry.key)":"$!esc.json($!entry.value)"')}}`;
const attachment = `{${text('content_type', 'entry.contentType')},${text('content', 'entry.base64')},${text('original_name', 'entry.originalName')}}`;

/** A list with commas between its items. */
function each(list: string, item: string): string {
  return `#foreach($entry in $${list})${item}#if($foreach.hasNext),#end#end`;
}

function idOf({ idField, idVariables }: { idField: string; idVariables: readonly [string, ...string[]] }): Field {
  return [idField, idVariables[0]];
}

function head(kind: TemplateKind): string {
  return text(...idFields[kind]) + optional('message_id', 'mtId');
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
export function kindOf(events: readonly WebhookEvent[]): TemplateKind | undefined {
  const kinds = new Set(events.map(kindOfEvent));
  return kinds.size === 1 ? [...kinds][0] : undefined;
}

function kindOfEvent(event: WebhookEvent): TemplateKind {
  if (event.endsWith('_DR')) return 'delivery-report';
  return event === 'OPT_OUT_SMS' ? 'opt-out' : 'reply';
}
