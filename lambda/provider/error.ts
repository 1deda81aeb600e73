/** Stable codes of everything that can go wrong with a call of MessageMedia's management API. */
export type ProviderErrorCode =
  | 'invalid_options'
  | 'invalid_request'
  | 'unauthorized'
  | 'feature_not_enabled'
  | 'forbidden'
  | 'not_found'
  | 'conflict'
  | 'rate_limited'
  | 'server_error'
  | 'redirected'
  | 'unreachable'
  | 'timeout'
  | 'malformed_answer';

/** What is known of a failure beyond its code and its message. */
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
 * A call of the management API that did not do what it was asked to. The message says what happened, on which call,
 * and what to do about it. Neither the API secret nor the Authorization header is ever part of it or of its causes.
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
    'correct what the answer complains of; where it does not say what is wrong, compare every field with the API description',
  unauthorized:
    'check MESSAGEMEDIA_API_KEY and MESSAGEMEDIA_API_SECRET, and that the base URL is the one of their region',
  feature_not_enabled:
    'ask MessageMedia support to switch on enterprise webhooks (API_SECURE_CALLBACKS) for this account',
  forbidden: 'check what this API key may do, and that the account is one that it may act for',
  not_found: 'list what there is, and check that account and base URL are the right ones',
  conflict: 'it exists already (a webhook is known by its URL and method): list, then update or delete that one',
  rate_limited: 'wait before the next call, and make fewer of them',
  server_error: 'the fault is on their side: try again later, and tell MessageMedia support if it stays',
  redirected: 'it is not followed, because the credentials would go along: give the base URL that answers itself',
  unreachable: 'check the host name, DNS, and that network, proxy and firewall let HTTPS out to it',
  timeout: 'check the network on the way to this host, or give it more time',
  malformed_answer: 'check that the base URL is the API itself, and that no proxy or login page answers in its place',
};
