import type { Message } from '@aws-sdk/client-sqs';
import { parseQueuedEvent } from '../../lambda/event/attributes.ts';
import { counted, visibleOnOneLine } from '../../terminal/text.ts';

/** A message as it is shown; with `--json` the event is there as a whole. */
export interface ShownMessage {
  /** When it was queued, as RFC 3339. */
  sent: string;
  tries: number;
  type: string;
  id: string;
  subject: string;
  /** The status of a delivery report, or the length of a text. It tells events apart without their content. */
  detail: string;
  /** The id that SQS gave the message: consumers have it in their log. */
  messageId: string;
  event: unknown;
}

/** The parts of a message that are shown, whether it is an event or not. */
export function describe({ Body = '', Attributes, MessageId: messageId = '' }: Message): ShownMessage {
  const sent = new Date(Number(Attributes?.SentTimestamp ?? 0)).toISOString();
  const tries = Number(Attributes?.ApproximateReceiveCount ?? 0);
  try {
    const event = parseQueuedEvent(Body);
    const { type, id, subject = '' } = event;
    return { sent, tries, type, id, subject, detail: detailOf(event), messageId, event };
  } catch {
    const type = 'not an event of this receiver';
    return { sent, tries, type, id: '', subject: '', detail: '', messageId, event: Body };
  }
}

/** What tells events of a kind apart, without what somebody wrote. */
export function detailOf({ data, dataref }: { data?: unknown; dataref?: unknown }): string {
  if (dataref !== undefined) return 'data in S3';
  if (typeof data !== 'object' || data === null) return '';
  const { status, content } = data as Record<string, unknown>;
  if (typeof status === 'string') return status;
  return typeof content === 'string' ? counted([...content].length, 'character') : '';
}

/** Headings for the cells of {@link asCells}. */
export const messageHeads = ['id', 'type', 'detail', 'queued (UTC)', 'tries', 'SQS message id'];

export function asCells({ sent, tries, type, id, detail, messageId }: ShownMessage): string[] {
  return [id, short(type), detail, sent.slice(0, 19), String(tries), messageId].map(visibleOnOneLine);
}

/** One line, whatever the event holds. */
export function asLine({ sent, type, id, subject }: ShownMessage): string {
  return visibleOnOneLine(`${sent.slice(0, 19)}  ${short(type)}  ${id}  ${subject}`);
}

function short(type: string): string {
  return type.replace(/^com\.messagemedia\./, '');
}
