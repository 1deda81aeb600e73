/** Stable codes of everything that can go wrong with a call of MessageMedia's management API. */
export type ProviderErrorCode =
  | 'invalid_options'
  | 'invalid_request'
  | 'unauthorized'
  | 'feature_not_enabled'
  | 'forbidden'
  | 'not_found'
  | 'conflict'
  | 'too_many_webhooks'
  | 'old_tls'
  | 'rate_limited'
  | 'server_error'
  | 'redirected'
  | 'unreachable'
  | 'timeout'
  | 'malformed_answer';

/** Facts about a failure besides its code and its message. */
export interface ProviderErrorFacts {
  /** HTTP status of the answer, when there was one. */
  status?: number;
  /** `message` of the answer's body. */
  vendorMessage?: string;
  /** `details` of the answer's body. */
  details?: readonly string[];
  cause?: unknown;
}

/**
 * A failed call of the management API. The message says what happened, in which call, and what to do about it. Neither
 * the message nor a cause ever holds the API secret or the Authorization header.
 */
export class ProviderError extends Error {
  override readonly name = 'ProviderError';
  readonly code: ProviderErrorCode;
  readonly status: number | undefined;
  readonly vendorMessage: string | undefined;
  readonly details: readonly string[];

  constructor(code: ProviderErrorCode, message: string, facts: ProviderErrorFacts = {}) {
    super(message, facts.cause === undefined ? undefined : { cause: facts.cause });
    this.code = code;
    this.status = facts.status;
    this.vendorMessage = facts.vendorMessage;
    this.details = facts.details ?? [];
  }
}

/** What to do about a failed call. */
export const advice: Record<Exclude<ProviderErrorCode, 'invalid_options'>, string> = {
  invalid_request:
    'correct what the answer complains about; if it does not say what is wrong, compare every field with the API description',
  unauthorized: 'check MESSAGEMEDIA_API_KEY and MESSAGEMEDIA_API_SECRET, and that the base URL is that of their region',
  feature_not_enabled:
    'ask MessageMedia support to switch on enterprise webhooks (API_SECURE_CALLBACKS) for this account',
  forbidden: 'check what this API key may do, and that it may act for this account',
  not_found: 'list what there is, and check that account and base URL are right',
  conflict: 'it exists already (a webhook is known by its URL and method): list, then update or delete that one',
  too_many_webhooks: 'delete those that are not in use ("mmw webhooks list" shows them all)',
  old_tls:
    'for numbers in Singapore (+65) both the connection to the API and the host of callback_url need TLS 1.3: check the host, and proxies on the way',
  rate_limited: 'wait before the next call, and make fewer of them',
  server_error: 'MessageMedia has a problem: try again later, and tell its support if the problem stays',
  redirected: 'the redirect was not followed, because it would send the credentials along: give the final base URL',
  unreachable: 'check the host name, DNS, and that network, proxy and firewall allow HTTPS to it',
  timeout: 'check the network on the way to this host, or give it more time',
  malformed_answer: 'check that the base URL is the API itself, and that no proxy or login page answers instead',
};

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
