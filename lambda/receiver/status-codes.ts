import { type ErrorCode, ReceiverError } from './errors.ts';

const statusOfOthers: Partial<Record<ErrorCode, number>> = {
  malformed_event: 400,
  event_too_large: 413,
  keyring_unavailable: 503,
  queue_unavailable: 503,
  storage_unavailable: 503,
};

/**
 * The HTTP status of an error. Every failed check is a 401. What is not ours to blame on the caller is a 503, so that
 * the sender tries again; that includes an error nobody foresaw.
 */
export function statusOf(error: unknown): number {
  return error instanceof ReceiverError ? (statusOfOthers[error.code] ?? 401) : 503;
}
