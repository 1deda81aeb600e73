import { type ErrorCode, ReceiverError } from './errors.ts';

/** The status of a request that is not queued. */
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
