/** What a call of the SDK takes, to be aborted from outside. */
export interface Deadline {
  abortSignal: AbortSignal;
}

/**
 * Makes a call of the SDK, and aborts it with all its tries and pauses after so many milliseconds. `AbortSignal.timeout`
 * would cost a tenth of a webhook's CPU, because its timer stays after the call.
 */
export async function withDeadline<Result>(
  milliseconds: number,
  call: (options: Deadline) => Promise<Result>,
): Promise<Result> {
  const controller = new AbortController();
  const timer = setTimeout(() => controller.abort(new Error(`Not done within ${milliseconds} ms`)), milliseconds);
  try {
    return await call({ abortSignal: controller.signal });
  } finally {
    clearTimeout(timer);
  }
}
