import type { Message } from '@aws-sdk/client-sqs';
import { parseQueuedEvent } from '../lambda/event/attributes.ts';
import { visibleOnOneLine } from './output.ts';

/** A message as it is shown; with `--json` the event is there as a whole. */
export interface ShownMessage {
  /** RFC 3339: when it came onto the queue. */
  sent: string;
  /** How often it was received, this time included. */
  tries: number;
  type: string;
  id: string;
  subject: string;
  event: unknown;
}

/** What there is to show of a message, be it an event or not. */
export function describe({ Body = '', Attributes }: Message): ShownMessage {
  const sent = new Date(Number(Attributes?.SentTimestamp ?? 0)).toISOString();
  const tries = Number(Attributes?.ApproximateReceiveCount ?? 0);
  try {
    const event = parseQueuedEvent(Body);
    return { sent, tries, type: event.type, id: event.id, subject: event.subject ?? '', event };
  } catch {
    return { sent, tries, type: 'not an event of this receiver', id: '', subject: '', event: Body };
  }
}

/** What {@link asCells} has. */
export const messageHeads = ['queued (UTC)', 'tries', 'type', 'id'];

/** A row of a table. */
export function asCells({ sent, tries, type, id }: ShownMessage): string[] {
  return [sent.slice(0, 19), String(tries), visibleOnOneLine(short(type)), visibleOnOneLine(id)];
}

/** One line, whatever the event holds. */
export function asLine({ sent, type, id, subject }: ShownMessage): string {
  return visibleOnOneLine(`${sent.slice(0, 19)}  ${short(type)}  ${id}  ${subject}`);
}

/** What all types begin with says nothing new. */
function short(type: string): string {
  return type.replace(/^com\.messagemedia\./, '');
}
