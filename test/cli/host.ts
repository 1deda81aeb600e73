import { Readable } from 'node:stream';
import { entry, type Outcome } from './terminal.ts';

/*
 * Runs `mmw` again and again in one process, because starting a process takes most of the time of a command. Each command
 * has its own arguments, environment, input and output, and its own instance of the program.
 */

/** What a command is started with. */
export interface Call {
  id: number;
  args: string[];
  env: Record<string, string>;
  cwd: string;
  /** Its standard input. @default - none */
  input?: string | undefined;
  /** Width of the terminal that it believes to write on. None: its output is no terminal. */
  columns?: number;
}

/** Ends a command where it calls `process.exit`. */
class Exit extends Error {
  readonly code: number;

  constructor(code: number) {
    super('process.exit');
    this.code = code;
  }
}

async function run({ id, args, env, cwd, input = '', columns }: Call): Promise<Outcome> {
  const outcome = { code: 0, stdout: '', stderr: '' };
  let exit: Exit | undefined;
  for (const name of ['stdout', 'stderr'] as const) {
    const write = (chunk: string | Uint8Array, ...rest: unknown[]) => {
      // After its end a program writes no more.
      if (!exit) outcome[name] += typeof chunk === 'string' ? chunk : Buffer.from(chunk).toString();
      const done = rest.at(-1);
      if (typeof done === 'function') done();
      return true;
    };
    Object.assign(process[name], { write, isTTY: columns !== undefined, columns });
  }
  for (const name of Object.keys(process.env)) delete process.env[name];
  Object.assign(process.env, env);
  process.chdir(cwd);
  process.argv = [process.execPath, entry, ...args];
  process.exitCode = 0;
  Object.defineProperty(process, 'stdin', { configurable: true, value: Readable.from(input === '' ? [] : [input]) });
  process.exit = (code) => {
    exit ??= new Exit(Number(code ?? process.exitCode));
    throw exit;
  };
  try {
    await import(`${new URL('../../cli/mmw.ts', import.meta.url)}?${id}`);
    outcome.code = Number(process.exitCode);
  } catch (error) {
    if (!exit) throw error;
  }
  for (const stream of [process.stdout, process.stderr]) stream.removeAllListeners('error');
  process.removeAllListeners('SIGINT');
  return { ...outcome, ...(exit && { code: exit.code }) };
}

let last: Promise<void> = Promise.resolve();
process.on('message', (call: Call) => {
  last = last
    .then(() => run(call))
    .then(
      (outcome) => void process.send?.({ id: call.id, outcome }),
      (error) => void process.send?.({ id: call.id, error: String(error?.stack ?? error) }),
    );
});
process.on('disconnect', () => process.kill(process.pid));
