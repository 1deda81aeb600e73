import { randomUUID } from 'node:crypto';
import { isObject } from '../../lambda/guards.ts';
import type { OutboundMessage } from '../../lambda/messagemedia/types.ts';
import type { AcceptedMessage } from '../../signing/sample-events.ts';
import { badRequest, fieldsOf, isHttpUrl } from './errors.ts';

/**
 * Reads the body of a send request. If one message is wrong, all are refused.
 *
 * @param now when the request came
 * @throws {ApiError} 400
 */
export function acceptMessages(body: unknown, now: Date): AcceptedMessage[] {
  const { messages } = fieldsOf(body);
  if (!Array.isArray(messages) || messages.length < 1 || messages.length > 100) {
    throw badRequest('/messages: must hold 1 to 100 messages');
  }
  const drafts = messages.map(fieldsOf);
  const problems = drafts.flatMap((draft, index) => problemsOf(draft, `/messages/${index}/`));
  if (problems.length > 0) throw badRequest(...problems);
  return drafts.map((draft) => accept(draft, now));
}

/** A message in the form of answers. */
export function showMessage({ submitted: _, ...message }: AcceptedMessage): object {
  return message;
}

/** `undefined` counts as absent. */
const checks: Record<string, (value: unknown) => string | undefined> = {
  content: (value) => (isText(value, 1, 5000) ? undefined : 'must be text of 1 to 5000 characters'),
  destination_number: problemOfNumber,
  source_number: unless((value) => isText(value, 1), 'must be text'),
  format: unless((value) => ['SMS', 'MMS', 'TTS'].includes(String(value)), 'must be one of SMS, MMS, TTS'),
  delivery_report: unless((value) => typeof value === 'boolean', 'must be true or false'),
  callback_url: unless(isHttpUrl, 'Invalid callback url'),
  metadata: unless(isMetadata, 'must map up to 10 names of up to 100 characters to text of up to 256'),
};

function problemsOf(draft: Record<string, unknown>, at: string): string[] {
  return Object.entries(checks).flatMap(([name, problemOf]) => {
    const problem = problemOf(draft[name] ?? undefined);
    const shown = name === 'callback_url' ? 'callbackUrl' : name;
    return problem === undefined ? [] : [`${at}${shown}: ${problem}`];
  });
}

function unless(fits: (value: unknown) => boolean, problem: string) {
  return (value: unknown): string | undefined => (value === undefined || fits(value) ? undefined : problem);
}

/** The problems of a number. Their texts are the only ones for messages that the API description shows. */
function problemOfNumber(value: unknown): string | undefined {
  if (typeof value !== 'string') return 'is required';
  const digits = value.replace(/^\+/, '');
  const isLong = digits.length >= 8 && digits.length <= 15;
  const length = "International address must be between 8 and 15 characters excluding the first '+'";
  const problems = [
    isLong ? [] : length,
    /^\d*$/.test(digits) ? [] : 'International address contains invalid characters',
  ];
  return problems.flat().length === 0 ? undefined : `${problems.flat().join(', ')}.`;
}

function isText(value: unknown, least: number, most = Number.POSITIVE_INFINITY): boolean {
  return typeof value === 'string' && value.length >= least && value.length <= most;
}

function isMetadata(value: unknown): boolean {
  const pairs = isObject(value) ? Object.entries(value) : undefined;
  if (pairs === undefined || pairs.length > 10) return false;
  return pairs.every(([key, text]) => isText(key, 0, 100) && isText(text, 0, 256));
}

/** The guide's example has `delivery_reports`, the API description `delivery_report`. Both are accepted. */
function accept(draft: Record<string, unknown>, now: Date): AcceptedMessage {
  const { content, destination_number, source_number, format, callback_url, metadata } =
    draft as unknown as OutboundMessage;
  return {
    message_id: randomUUID(),
    status: 'queued',
    content,
    destination_number,
    source_number: source_number ?? undefined,
    format: format ?? 'SMS',
    delivery_report: draft.delivery_report === true || draft.delivery_reports === true,
    callback_url: callback_url ?? undefined,
    metadata: metadata ?? {},
    submitted: now.toISOString(),
  };
}
