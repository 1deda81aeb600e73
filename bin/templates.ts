import type { WebhookEncoding, WebhookEvent } from '../lambda/provider/types.ts';

/** Kinds of event that one template can serve. */
export const templateKinds = ['delivery-report', 'reply', 'opt-out'] as const;
export type TemplateKind = (typeof templateKinds)[number];

/** Field of our event and MessageMedia's variable for it. Ids come first: text that somebody typed cannot replace them. */
const fields: Record<TemplateKind, [field: string, variable: string][]> = {
  'delivery-report': [
    ['delivery_report_id', '$drId'],
    ['message_id', '$mtId'],
    ['account_id', '$accountId'],
    ['date_received', '$receivedTimestamp'],
    ['status', '$status'],
    ['error_code', '$statusCode'],
    ['source_number', '$sourceAddress'],
  ],
  reply: [['reply_id', '$moId'], ...fromPhone()],
  'opt-out': [['notification_id', '$moId'], ...fromPhone()],
};

function fromPhone(): [string, string][] {
  return [
    ['message_id', '$!mtId'],
    ['account_id', '$accountId'],
    ['date_received', '$receivedTimestamp'],
    ['source_number', '$sourceAddress'],
    ['destination_number', '$!destinationAddress'],
    ['content', '$!moContent'],
  ];
}

/** A template whose events carry the ids by which they are recognised, ordered and queued once. */
export function templateFor(kind: TemplateKind, encoding: WebhookEncoding): string {
  const names = fields[kind];
  if (encoding === 'FORM_ENCODED') return names.map(([name, variable]) => `${name}=${variable}`).join('&');
  if (encoding === 'XML') {
    const elements = names.map(([name, variable]) => `<${name}>${variable}</${name}>`);
    return `<${kind}>${elements.join('')}</${kind}>`;
  }
  return `{${names.map(([name, variable]) => `"${name}":"$esc.json(${variable})"`).join(',')}}`;
}

/** The one kind that all of these events are of; `undefined` when they are of several. */
export function kindOf(events: readonly WebhookEvent[]): TemplateKind | undefined {
  const kinds = new Set(events.map(kindOfEvent));
  return kinds.size === 1 ? [...kinds][0] : undefined;
}

function kindOfEvent(event: WebhookEvent): TemplateKind {
  if (event.endsWith('_DR')) return 'delivery-report';
  return event === 'OPT_OUT_SMS' ? 'opt-out' : 'reply';
}
