import type { FailureReason, RefusalReason } from '../contract.ts';

export type ErrorCode = RefusalReason | Exclude<FailureReason, 'unexpected'>;

/** A request that is not queued. `code` says why; the message and `cause` are for the log, never for the caller. */
export class ReceiverError extends Error {
  override readonly name = 'ReceiverError';
  readonly code: ErrorCode;

  constructor(code: ErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}

export type ErrorStatus = 400 | 401 | 413 | 503;

const statusOfOthers: Partial<Record<ErrorCode, ErrorStatus>> = {
  malformed_event: 400,
  event_too_large: 413,
  keyring_unavailable: 503,
  queue_unavailable: 503,
  storage_unavailable: 503,
};

/**
 * The HTTP status of an error. Every failed check is a 401. A failure that is not the caller's fault is a 503, so that the
 * sender retries. This includes unexpected errors.
 */
export function statusOf(error: unknown): ErrorStatus {
  return error instanceof ReceiverError ? (statusOfOthers[error.code] ?? 401) : 503;
}
