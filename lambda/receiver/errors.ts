import type { FailureReason, RefusalReason } from '../contract.ts';

/** Stable codes of everything that keeps a request from the queue. */
export type ErrorCode = RefusalReason | Exclude<FailureReason, 'unexpected'>;

/** A request that does not reach the queue: `code` says why; the message and `cause` are for the log, never for the caller. */
export class ReceiverError extends Error {
  override readonly name = 'ReceiverError';
  readonly code: ErrorCode;

  constructor(code: ErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}
