import { type EventType, eventTypes } from '../../lambda/contract.ts';
import { kindOf, parseQuery } from '../../lambda/event/identity.ts';
import { toQueueMessage } from '../../lambda/event/queue-message.ts';
import { type RegisteredWebhook, type WebhookEventName, webhookEvents } from '../../lambda/messagemedia/types.ts';
import {
  type AcceptedMessage,
  deliveryReports,
  optOutAfter,
  type ProviderEvent,
  replyTo,
} from '../../signing/sample-events.ts';

/** An event, to render a template for. */
export interface Sample {
  id: string;
  variables: Record<string, unknown>;
}

/** Variables that hold what somebody typed: as their value, in their values, or in the names of files. */
export const typedVariables = [
  ...['moContent', 'replyContent', 'mtContent', 'messageContent', 'metadata', 'attachments'],
] as const;

const origin = { accountId: 'account', now: () => new Date(0) };
const id = 'a175e797-2b54-468b-9850-41a3eab32f74';

/**
 * An event with the variables that MessageMedia documents for its kind, each with a value.
 *
 * @param keys of the metadata
 * @param text what somebody typed
 */
export function sampleOf(event: WebhookEventName, keys: readonly string[], text: string): Sample {
  const sample = toSample(eventOf(event, messageWith(keys, text), text));
  if (event === 'OPT_OUT_SMS') Object.assign(sample.variables, { moContent: text, replyContent: text });
  return sample;
}

/** The event under an id that is the same each time, without the variables that have no value. */
function toSample({ id: random, variables }: ProviderEvent): Sample {
  const given = Object.entries(variables).filter(([, value]) => value !== undefined);
  const named = given.map(([name, value]) => [name, value === random ? id : value]);
  return { id, variables: { ...Object.fromEntries(named), retryCount: 0 } };
}

function messageWith(keys: readonly string[], text: string): AcceptedMessage {
  return {
    message_id: '38a6a1a0-36a9-4117-aaee-c0e893393634',
    status: 'queued',
    content: text,
    destination_number: '+61491570157',
    source_number: '+61491570156',
    format: 'SMS',
    delivery_report: true,
    callback_url: undefined,
    metadata: Object.fromEntries(['key', ...keys].map((key) => [key, text])),
    submitted: new Date(0).toISOString(),
  };
}

function eventOf(event: WebhookEventName, message: AcceptedMessage, text: string): ProviderEvent {
  if (event === 'OPT_OUT_SMS') return optOutAfter(message, origin);
  if (event === 'RECEIVED_SMS') return replyTo(message, origin, { content: text });
  if (event === 'RECEIVED_MMS') {
    const attachments = [{ content_type: 'image/png', content: 'aGk=', original_name: text }];
    return replyTo(message, origin, { attachments });
  }
  return deliveryReports(message, origin).next().value as ProviderEvent;
}

/** Names of all variables that MessageMedia documents. */
export const knownVariables: ReadonlySet<string> = new Set(
  webhookEvents.flatMap((event) => Object.keys(sampleOf(event, [], '').variables)),
);

/** The parts of a webhook that decide how its events arrive. */
export type CheckedWebhook = Pick<RegisteredWebhook, 'url' | 'method' | 'events' | 'encoding' | 'template'>;

/** A Velocity engine. @throws {Error} when it cannot read the template */
export type Render = (template: string, variables: Readonly<Record<string, unknown>>) => string;

/** What an event becomes: the part that MessageMedia renders, and how the receiver reads it. */
export interface Outcome {
  written: string;
  id: string;
  type: EventType;
  /** Whether the URL says that nothing is read. */
  isUnread: boolean;
}

/** Renders the body of a webhook, or the query of a GET, and reads it as the receiver does. */
export function receive(
  { url, method, encoding, template = '' }: CheckedWebhook,
  variables: Sample['variables'],
  render: Render,
): Outcome {
  const [path = '', query = ''] = url.replace(/#[\s\S]*/, '').split(/(?=\?)/, 2);
  const rendered = render(query, variables);
  const target = path + rendered;
  const written = method === 'GET' ? rendered : render(template, variables);
  const message = toQueueMessage({
    ...{ method, target, date: 'Thu, 01 Jan 1970 00:00:00 GMT', signature: '', digest: 'SHA256', keyId: undefined },
    body: Buffer.from(method === 'GET' ? '' : written),
    contentType: encoding === 'JSON' ? 'application/json' : undefined,
    requestId: 'id-of-the-request',
  });
  return { written, id: message.id, type: message.type, isUnread: kindOf(parseQuery(target)) === eventTypes.webhook };
}

/** Names in the references that a rendered text still holds. */
export function leftIn(written: string): string[] {
  const names = [...written.matchAll(/\$!?\{?(esc\.\w+|[A-Za-z_]\w*)/g)].map(([, name = '']) => name);
  return [...new Set(names)].filter((name) => name !== 'esc.json');
}

/** How comments and literal text begin and end. */
const hidden: Record<string, string> = { '##': '\n', '#*': '*#', '#[[': ']]#' };

/** Whether every block ends, and nothing else does. Some engines overlook it. */
export function isClosed(template: string): boolean {
  const tokens = template.match(/\n|##|#\*|\*#|#\[\[|\]\]#|#\{?end\b|#(?:if|foreach|define|macro)\s*\(/g) ?? [];
  let until: string | undefined;
  let open = 0;
  for (const token of tokens) {
    if (until !== undefined) until = token === until ? undefined : until;
    else if (hidden[token] !== undefined) until = hidden[token];
    else if (token.endsWith('end')) open--;
    else if (token.endsWith('(')) open++;
    if (open < 0) return false;
  }
  return open === 0;
}
