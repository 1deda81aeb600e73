import type { FailureReason, RefusalReason } from '../contract.ts';

/** Stable codes of the reasons why a request is not queued. */
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
