import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import type { SQSBatchResponse } from 'aws-lambda';
import type { Invoke } from './event-source-mapping.ts';

const pathOf = (url: string) => fileURLToPath(new URL(url, import.meta.url));
/** How each is started. */
export const consumers = {
  typescript: [process.execPath, '--import=./test/own-package.js', pathOf('run-typescript.ts')],
  python: [process.env.PYTHON ?? 'python3', pathOf('../../examples/python/tests/run_handler.py')],
};

/** One log line of a consumer about an event. */
export interface Effect {
  eventId: string;
  /** `message_id` of the message that the event is about. */
  subject?: string;
}

/** A consumer in its own process, as in Lambda. */
export interface Consumer {
  /** One invocation at a time. */
  invoke: Invoke;
  /** Everything that it has written. */
  log: readonly string[];
  /** Its code is loaded, and it waits for invocations. */
  ready: Promise<void>;
  /** Ends it at once, as Lambda does after the timeout. */
  kill: () => void;
  close: () => Promise<void>;
}

/**
 * Starts a program that reads one invocation per line, and writes `{"ready":true}`, its log, and `{"answer":…}` or `{"fault":…}`.
 *
 * @param environment all of its environment variables
 * @param onEffect gets the effects of events, each before its invocation ends
 */
export function startConsumer(
  command: readonly string[],
  environment: Record<string, string>,
  onEffect: (effect: Effect) => void,
): Consumer {
  const [program = '', ...args] = command;
  const child = spawn(program, args, { env: environment, stdio: 'pipe' });
  const log: string[] = [];
  const ready = Promise.withResolvers<void>();
  let pending: PromiseWithResolvers<SQSBatchResponse> | undefined;

  const onLine = (line: string) => {
    log.push(line);
    const entry = parse(line);
    if ('ready' in entry) ready.resolve();
    // Lines that name a message of the queue report its result.
    if (typeof entry.eventId === 'string' && !('messageId' in entry)) onEffect(entry as unknown as Effect);
    if ('answer' in entry) pending?.resolve(entry.answer as SQSBatchResponse);
    if ('fault' in entry) pending?.reject(new Error(String(entry.fault)));
  };
  createInterface({ input: child.stdout }).on('line', onLine);
  createInterface({ input: child.stderr }).on('line', onLine);
  // Who writes to it learns more from its exit.
  child.stdin.on('error', () => {});
  child.on('exit', () => pending?.reject(new Error(`The consumer is gone:\n${log.slice(-20).join('\n')}`)));

  return {
    invoke: async (event) => {
      if (child.exitCode !== null || child.signalCode !== null) throw new Error('The consumer is gone');
      pending = Promise.withResolvers();
      child.stdin.write(`${JSON.stringify(event)}\n`);
      return pending.promise;
    },
    log,
    ready: ready.promise,
    kill: () => child.kill('SIGKILL'),
    close: async () => {
      if (child.exitCode !== null || child.signalCode !== null) return;
      child.stdin.end();
      await once(child, 'exit');
    },
  };
}

function parse(line: string): Record<string, unknown> {
  try {
    const value = JSON.parse(line);
    return typeof value === 'object' && value !== null ? value : {};
  } catch {
    return {};
  }
}
