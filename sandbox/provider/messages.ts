import { randomUUID } from 'node:crypto';
import type { OutboundMessage, SentMessage } from '../../lambda/provider/types.ts';
import { ApiError, fieldsOf, isHttpUrl } from './errors.ts';

/** A message that was accepted, with all that later events repeat of it. */
export interface AcceptedMessage extends SentMessage {
  content: string;
  /** The phone. */
  destination_number: string;
  /** The customer's number. */
  source_number: string;
  format: string;
  delivery_report: boolean;
  callback_url: string | undefined;
  metadata: Record<string, string>;
  submitted: string;
}

/** The number that messages come from when they name none. */
const defaultSourceNumber = '+61491570156';

/** Reads the body of a send request; one message that is wrong refuses all. @throws {ApiError} 400 */
export function acceptMessages(body: unknown): AcceptedMessage[] {
  const { messages } = fieldsOf(body);
  if (!Array.isArray(messages) || messages.length < 1 || messages.length > 100) {
    throw refused(['/messages: must hold 1 to 100 messages']);
  }
  const drafts = messages.map(fieldsOf);
  const problems = drafts.flatMap((draft, index) =>
    problemsOf(draft).map((problem) => `/messages/${index}/${problem}`),
  );
  if (problems.length > 0) throw refused(problems);
  return drafts.map(accept);
}

function refused(details: string[]): ApiError {
  const message = 'Request failed to parse correctly. Please ensure input is valid and try again.';
  return new ApiError(400, message, details);
}

function problemsOf(draft: Record<string, unknown>): string[] {
  const { content, destination_number, source_number = '', format = 'SMS', callback_url, metadata = {} } = draft;
  const problems: string[] = [];
  if (typeof source_number !== 'string') problems.push('source_number: must be text');
  if (typeof content !== 'string' || content === '' || content.length > 5000) {
    problems.push('content: must be text of 1 to 5000 characters');
  }
  if (typeof destination_number !== 'string' || !/^\+?\d{8,15}$/.test(destination_number)) {
    problems.push(
      "destination_number: International address must be between 8 and 15 characters excluding the first '+'",
    );
  }
  if (!['SMS', 'MMS', 'TTS'].includes(String(format))) problems.push('format: must be one of SMS, MMS, TTS');
  if (callback_url !== undefined && !isHttpUrl(callback_url)) problems.push('callback_url: Not a valid http url');
  if (!isTextMap(metadata)) problems.push('metadata: must map up to 10 names to text');
  return problems;
}

function isTextMap(value: unknown): boolean {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return false;
  const values = Object.values(value);
  return values.length <= 10 && values.every((entry) => typeof entry === 'string');
}

/** The guide's example writes `delivery_reports`, the API description `delivery_report`: both are taken. */
function accept(draft: Record<string, unknown>): AcceptedMessage {
  const { content, destination_number, source_number, format, callback_url, metadata } =
    draft as unknown as OutboundMessage;
  return {
    message_id: randomUUID(),
    status: 'queued',
    content,
    destination_number,
    source_number: source_number ?? defaultSourceNumber,
    format: format ?? 'SMS',
    delivery_report: draft.delivery_report === true || draft.delivery_reports === true,
    callback_url,
    metadata: metadata ?? {},
    submitted: new Date().toISOString(),
  };
}
