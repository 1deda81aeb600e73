import { randomUUID } from 'node:crypto';
import { createInterface } from 'node:readline';
import { Worker } from 'node:worker_threads';
import type { Answer } from '../../lambda/receiver/receiver.ts';

export type LogLine = Record<string, unknown>;

/** The real handler with its own environment and standard output, as in Lambda. */
export interface LocalFunction {
  /** @param event in JSON, as Lambda gets it */
  invoke: (event: string) => Promise<Answer>;
  /** The log line about a request; `undefined` if none came within a second. */
  logOf: (requestId: string) => Promise<LogLine | undefined>;
  /** The newest lines that the function has written, at most a thousand: its log and its metrics. */
  output: readonly string[];
  close: () => Promise<void>;
}

/** How many output lines and log lines of requests are kept. There is a limit, because a sandbox may run for days. */
const keptLines = 1_000;

export function startFunction(environment: Record<string, string>): LocalFunction {
  const worker = new Worker(new URL('./function-worker.ts', import.meta.url), {
    env: environment,
    stdout: true,
    stderr: true,
  });
  const pending = new Map<string, { resolve: (answer: Answer) => void; reject: (error: Error) => void }>();
  worker.on('message', ({ id, answer, error }: { id: string; answer: Answer; error?: string }) => {
    if (error === undefined) pending.get(id)?.resolve(answer);
    else pending.get(id)?.reject(new Error(error));
    pending.delete(id);
  });
  // If the function dies, its requests are rejected. The gateway turns that into a 500, as AWS does.
  let death: Error | undefined;
  const die = (error: Error) => {
    death ??= error;
    for (const { reject } of pending.values()) reject(death);
  };
  worker.on('error', die);
  worker.on('exit', () => die(new Error('The function has ended')));

  const output: string[] = [];
  const lines = new Map<string, LogLine>();
  // Powertools writes warnings and errors to standard error; in Lambda both streams are one log.
  for (const input of [worker.stdout, worker.stderr]) {
    createInterface({ input }).on('line', (line) => {
      output.push(line);
      if (output.length > keptLines) output.shift();
      const entry = parseLine(line);
      // Other output shares the stream, but a log line has a level.
      if (typeof entry?.requestId !== 'string' || !('level' in entry)) return;
      lines.set(entry.requestId, entry);
      const [oldest] = lines.keys();
      if (lines.size > keptLines && oldest !== undefined) lines.delete(oldest);
    });
  }

  return {
    invoke: (event) => {
      if (death) return Promise.reject(death);
      const { promise, resolve, reject } = Promise.withResolvers<Answer>();
      const id = randomUUID();
      pending.set(id, { resolve, reject });
      worker.postMessage({ id, event });
      return promise;
    },
    logOf: async (requestId) => {
      for (let wait = 0; wait < 1000 && !lines.has(requestId); wait += 10) {
        await new Promise((resolve) => setTimeout(resolve, 10));
      }
      return lines.get(requestId);
    },
    output,
    close: async () => void (await worker.terminate()),
  };
}

function parseLine(line: string): LogLine | undefined {
  try {
    return JSON.parse(line);
  } catch {
    return undefined;
  }
}
