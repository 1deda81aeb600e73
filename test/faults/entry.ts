import { randomUUID } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Worker } from 'node:worker_threads';
import { type BundledEntry, bundle, bundleEntry } from '../../lib/bundle.ts';

/** A function in its own thread and with its own environment. It is exactly what is deployed. */
export interface RunningEntry<Answer> {
  /** @throws {Error} that the function threw */
  invoke: (event: unknown) => Promise<Answer>;
  /** Puts its clock forward. */
  advance: (milliseconds: number) => void;
  /** What it has written so far. */
  output: () => string;
  close: () => Promise<unknown>;
}

/** Bundles a function as a deployment does. */
export function bundleForTest(entry: BundledEntry) {
  const folder = mkdtempSync(join(tmpdir(), 'faults-'));
  bundle(entry, folder);
  return {
    file: join(folder, `${bundleEntry}.mjs`),
    remove: () => rmSync(folder, { recursive: true }),
  };
}

/** Loading code needs the processor, so few functions load at the same time. After that they mostly wait. */
const gate = createGate(2);

/** Starts a function, and waits until its code is loaded. @param speed how many times as fast its timers run; waits of minutes take no time */
export function startEntry<Answer>(
  file: string,
  env: Record<string, string>,
  options: { speed?: number; advance?: number } = {},
): Promise<RunningEntry<Answer>> {
  return gate(() => loadEntry(file, env, options));
}

async function loadEntry<Answer>(
  file: string,
  env: Record<string, string>,
  { speed, advance = 0 }: { speed?: number; advance?: number },
): Promise<RunningEntry<Answer>> {
  const worker = new Worker(new URL('./entry-worker.js', import.meta.url), {
    ...{ env, stdout: true, stderr: true },
    workerData: { bundle: file, speed },
  });
  let output = '';
  for (const stream of [worker.stdout, worker.stderr]) {
    stream.on('data', (chunk) => {
      output += String(chunk);
    });
  }
  const started = Promise.withResolvers<Answer>();
  const pending = new Map([['started', started]]);
  worker.on('message', ({ id, answer, error }: { id: string; answer: Answer; error?: string }) => {
    if (error === undefined) pending.get(id)?.resolve(answer);
    else pending.get(id)?.reject(new Error(error));
    pending.delete(id);
  });
  worker.on('error', (error) => {
    for (const { reject } of pending.values()) reject(error);
  });
  const post = (message: object) => worker.postMessage(message);
  if (advance > 0) post({ advance });
  await started.promise;
  return {
    invoke: (event) => {
      const id = randomUUID();
      const call = Promise.withResolvers<Answer>();
      pending.set(id, call);
      post({ id, event: JSON.stringify(event ?? null) });
      return call.promise;
    },
    advance: (milliseconds) => post({ advance: milliseconds }),
    output: () => output,
    close: () => worker.terminate(),
  };
}

/** Lets at most `width` callers work at the same time. The others wait. */
export function createGate(width: number) {
  const waiting: (() => void)[] = [];
  let inside = 0;
  return async <Result>(work: () => Promise<Result>): Promise<Result> => {
    if (inside >= width) await new Promise<void>((resolve) => waiting.push(resolve));
    else inside++;
    try {
      return await work();
    } finally {
      const next = waiting.shift();
      if (next) next();
      else inside--;
    }
  };
}
