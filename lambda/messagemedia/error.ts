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
