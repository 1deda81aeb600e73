import { type EventType, eventTypes } from '../../lambda/contract.ts';
import { kindOf, parseQuery } from '../../lambda/event/identity.ts';
import { toQueueMessage } from '../../lambda/event/queue-message.ts';
import type { RegisteredWebhook } from '../../lambda/messagemedia/types.ts';
import type { Sample } from './webhook-samples.ts';

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

const requestId = 'id-of-the-request';

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
    requestId,
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
