import { spawn } from 'node:child_process';
import { on, once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

const program = fileURLToPath(new URL('../lambda/run-handler.ts', import.meta.url));

/** A function in a process of its own, which can be frozen: its bundle, or its source. Times are milliseconds since its start. */
export function startProcess({ bundle, env }: { bundle?: string; env: Record<string, string> }) {
  const begun = performance.now();
  const lambda = spawn(process.execPath, [program, ...(bundle ? [bundle] : [])], {
    env,
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  const lines = on(createInterface({ input: lambda.stdout }), 'line', { close: ['close'] });
  const next = async (beginning: string): Promise<string> => {
    for (;;) {
      const { value: [line] = [], done } = await lines.next();
      if (done) throw new Error(`The function ended and did not write ${beginning}`);
      if (line.startsWith(beginning)) return line;
    }
  };
  return {
    initialised: async (): Promise<number> => {
      await next('initialised');
      return performance.now() - begun;
    },
    /** Gives it a request, which it may not answer before it thaws. */
    give: (event: unknown) => lambda.stdin.write(`${JSON.stringify(event)}\n`),
    answer: async (): Promise<{ status: number; at: number }> => {
      const line = await next('{"answer"');
      return { status: JSON.parse(line).answer.statusCode, at: performance.now() - begun };
    },
    freeze: () => lambda.kill('SIGSTOP'),
    thaw: () => lambda.kill('SIGCONT'),
    close: async () => {
      lambda.kill('SIGKILL');
      await once(lambda, 'exit');
    },
  };
}
