import type { ProviderErrorCode, ProviderErrorFacts } from './error.ts';

/** Why one try of a call failed. */
export interface Failure extends ProviderErrorFacts {
  code: Exclude<ProviderErrorCode, 'invalid_options'>;
  /** What happened, as the end of a sentence that begins with the name of the call. */
  what: string;
  /** Whether another try may succeed. Absent if it cannot. */
  transient?: boolean;
  /** Milliseconds that the answer asks to wait. */
  retryAfter?: number;
}

/** An answer as it arrived. */
export interface Answer {
  status: number;
  text: string;
}

type Redact = (text: string) => string;

/**
 * The failure that an answer outside 200 to 299 reports.
 *
 * @param retryAfter the header's value
 * @param redact removes the credentials from text that came from outside
 */
export function refusal({ status, text }: Answer, retryAfter: string | null, redact: Redact): Failure {
  const { message, details } = vendorError(text);
  const clean = (said: string) => redact(said).slice(0, 500);
  const facts = {
    status,
    details: details.slice(0, 20).map(clean),
    ...(message !== undefined && { vendorMessage: clean(message) }),
  };
  const said = [facts.vendorMessage, ...facts.details].filter((part) => part !== undefined).join('; ');
  const wait = parseRetryAfter(retryAfter);
  return {
    ...facts,
    code: codeOf(status, [message, ...details].join()),
    what: `answered ${status}${said === '' ? '' : ` "${said}"`}`,
    transient: status === 429 || status >= 500,
    ...(wait !== undefined && { retryAfter: wait }),
  };
}

/** No answer, or only a part of one. @param status of the partial answer */
export function interruption(error: unknown, host: string, status: number | undefined, redact: Redact): Failure {
  const facts = { transient: true, cause: withoutSecrets(error, redact) };
  if (status !== undefined)
    return { ...facts, code: 'malformed_answer', status, what: `broke off its answer ${status}` };
  return { ...facts, code: 'unreachable', what: `could not reach ${host} (${redact(reasonOf(error))})` };
}

const codes: Record<number, Failure['code']> = {
  401: 'unauthorized',
  403: 'forbidden',
  404: 'not_found',
  409: 'conflict',
  422: 'old_tls',
  429: 'rate_limited',
};

function codeOf(status: number, said: string): Failure['code'] {
  if (status === 403 && /feature/i.test(said) && /not.{0,20}enabled/i.test(said)) return 'feature_not_enabled';
  if (status === 400 && /maximum number of webhooks/i.test(said)) return 'too_many_webhooks';
  if (status < 400) return 'redirected';
  return codes[status] ?? (status >= 500 ? 'server_error' : 'invalid_request');
}

/** MessageMedia's `{"message","details"}`, as far as it is there. A proxy's answer has another form. */
function vendorError(text: string): { message?: string; details: string[] } {
  let body: { message?: unknown; details?: unknown } | null;
  try {
    body = JSON.parse(text);
  } catch {
    return { details: [] };
  }
  const details = Array.isArray(body?.details) ? body.details.filter((detail) => typeof detail === 'string') : [];
  return { details, ...(typeof body?.message === 'string' && { message: body.message }) };
}

/** Milliseconds from now, from either form of the header. */
function parseRetryAfter(value: string | null): number | undefined {
  if (value === null) return undefined;
  const milliseconds = /^\d+$/.test(value) ? Number(value) * 1000 : Date.parse(value) - Date.now();
  return Number.isNaN(milliseconds) ? undefined : Math.max(0, milliseconds);
}

interface ErrorLike {
  name?: unknown;
  message?: unknown;
  code?: unknown;
  cause?: unknown;
}

/** The reason in a chain of errors: the system's code, such as `ECONNREFUSED`, else the innermost message. */
function reasonOf(error: unknown): string {
  const { code, message, cause } = (error ?? {}) as ErrorLike;
  if (typeof code === 'string') return code;
  return cause === undefined ? String(message) : reasonOf(cause);
}

/** A copy with only names, codes and messages, because an error of the HTTP parser also holds the bytes that arrived. */
function withoutSecrets(error: unknown, redact: Redact): Error {
  const { name, message, code, cause } = (error ?? {}) as ErrorLike;
  const text = [name, code, message].filter((part) => typeof part === 'string' && part !== '').join(' ');
  return new Error(redact(text), cause === undefined ? undefined : { cause: withoutSecrets(cause, redact) });
}
