import type { Context } from 'aws-lambda';

/** The time that an invocation has left. */
export interface TimeLeft {
  /** Whether another event may begin. It must be as slow as the slowest one before, and still end in time. */
  isEnough: () => boolean;
  /** Milliseconds until `onEvent` must have ended. */
  forEvent: () => number;
  /** Notes how long an event took. */
  took: (milliseconds: number) => void;
  /** Milliseconds until Lambda ends the function; never 0, which Powertools takes for unknown. */
  untilEnd: () => number;
}

/** The last sixth of the time, 5 s of 30: to record what was handled, and to answer. */
export function timeLeft(context: Context): TimeLeft {
  const left = () => context.getRemainingTimeInMillis();
  const reserve = Math.min(Math.max(left() / 6, 500), 5_000);
  let slowest = 0;
  return {
    isEnough: () => left() - reserve > slowest,
    forEvent: () => left() - reserve,
    took: (milliseconds) => {
      slowest = Math.max(slowest, milliseconds);
    },
    untilEnd: () => Math.max(left(), 1),
  };
}

/** Waits for a call for so long. What the call began goes on. */
export async function within<Result>(milliseconds: number, what: string, call: Promise<Result>): Promise<Result> {
  const { promise, reject } = Promise.withResolvers<never>();
  const late = () => reject(new Error(`${what} was not done within ${Math.round(milliseconds)} ms`));
  const timer = setTimeout(late, milliseconds);
  try {
    return await Promise.race([call, promise]);
  } finally {
    clearTimeout(timer);
  }
}
