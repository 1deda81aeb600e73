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

/** A time for people, rounded up. */
export function seconds(milliseconds: number): string {
  return `${Math.ceil(milliseconds / 1000)} s`;
}

/** Milliseconds of a period that are left. If its beginning cannot be read, or is in the future, all of it is left. */
export function remaining(since: string, period: number, now: number): number {
  const passed = now - Date.parse(since) || 0;
  return period - Math.max(0, passed);
}
