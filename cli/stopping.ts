/** Ctrl-C was pressed. What was begun is done, and nothing is held. */
export class StoppedError extends Error {
  override readonly name = 'StoppedError';

  constructor() {
    super('Stopped. What was begun is finished, and messages that were held are back in the queue.');
  }
}

/**
 * Runs work that holds messages. The first Ctrl-C tells it to stop, so that it gives back what it holds; a second one ends
 * the program at once.
 *
 * @param work throws the reason of the signal when it has seen it
 */
export async function stoppable<Result>(work: (stop: AbortSignal) => Promise<Result>): Promise<Result> {
  const stopping = new AbortController();
  const stop = () => stopping.abort(new StoppedError());
  const signals = ['SIGINT', 'SIGTERM'] as const;
  for (const signal of signals) process.once(signal, stop);
  try {
    return await work(stopping.signal);
  } catch (error) {
    // A call that was stopped fails in its own words.
    stopping.signal.throwIfAborted();
    throw error;
  } finally {
    for (const signal of signals) process.off(signal, stop);
  }
}
