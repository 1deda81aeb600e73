import { type ChildProcess, spawn } from 'node:child_process';
import { closeSync, openSync } from 'node:fs';
import { basename } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

/** How to start a program. */
export interface Command {
  file: string;
  args: readonly string[];
  env: NodeJS.ProcessEnv;
  cwd?: string;
  /** File that everything the program prints is added to. */
  log: string;
}

/** A running program. */
export interface Program {
  /** How it ended: an exit code or the name of a signal. Rejects when it could not be started. */
  ended: Promise<number | string>;
}

/** Programs of this run. Each has its own process group, so that everything it starts ends with it. */
export interface Programs {
  /** Starts a program in the background. Its standard input stays open as long as this process lives. */
  start(command: Command): Program;
  /** Runs a program to its end. @throws {Error} when it fails */
  run(command: Command): Promise<void>;
  /** Ends all running programs, and starts no more. */
  stop(): Promise<void>;
}

/** How long a program may take to end when asked to. */
const graceMilliseconds = 5_000;

export function createPrograms(): Programs {
  const running = new Map<ChildProcess, Program>();
  let stopped = false;

  function start({ file, args, env, cwd, log }: Command): Program {
    if (stopped) throw new Error(`${file} is not started any more`);
    const output = openSync(log, 'a');
    const child = spawn(file, args, { env, cwd, detached: true, stdio: ['pipe', output, output] });
    closeSync(output);
    const { promise: ended, resolve, reject } = Promise.withResolvers<number | string>();
    child.once('error', reject);
    child.once('exit', (code, signal) => resolve(code ?? signal ?? 'unknown'));
    const program: Program = { ended };
    running.set(child, program);
    ended.catch(() => {}).finally(() => running.delete(child));
    return program;
  }

  return {
    start,
    run: async (command) => {
      const end = await start(command).ended;
      const name = [basename(command.file), ...command.args].join(' ');
      if (end !== 0) throw new Error(`${name} failed (${end})`);
    },
    stop: async () => {
      stopped = true;
      await Promise.all(
        [...running].map(async ([child, { ended }]) => {
          signalGroup(child, 'SIGTERM');
          await Promise.race([ended.catch(() => {}), sleep(graceMilliseconds, undefined, { ref: false })]);
          // Also for processes that the program started and left behind.
          signalGroup(child, 'SIGKILL');
        }),
      );
    },
  };
}

function signalGroup({ pid }: ChildProcess, signal: NodeJS.Signals): void {
  if (pid === undefined) return;
  try {
    process.kill(-pid, signal);
  } catch {
    // All processes have ended already.
  }
}
