import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import type { ReaderInput, Verdict } from './verdict.ts';

/** The library in Python, in one process for all inputs. */
export interface PythonReader {
  /** What it makes of an input, and the CPU time that it took, in milliseconds. Answers come in the order of the inputs. */
  verdictOf: (input: ReaderInput) => Promise<{ verdict: Verdict; cpu: number }>;
  close: () => Promise<void>;
}

export function startPythonReader(script: string): PythonReader {
  const child = spawn(process.env.PYTHON ?? 'python3', [script], { stdio: ['pipe', 'pipe', 'inherit'] });
  const waiting: PromiseWithResolvers<{ verdict: Verdict; cpu: number }>[] = [];
  createInterface({ input: child.stdout }).on('line', (line) => waiting.shift()?.resolve(JSON.parse(line)));
  child.on('exit', (code) => {
    for (const { reject } of waiting) reject(new Error(`The reader in Python ended with ${code}`));
  });
  // Its exit says more.
  child.stdin.on('error', () => {});
  return {
    verdictOf: (input) => {
      const answer = Promise.withResolvers<{ verdict: Verdict; cpu: number }>();
      waiting.push(answer);
      child.stdin.write(`${JSON.stringify(input)}\n`);
      return answer.promise;
    },
    close: async () => {
      if (child.exitCode !== null) return;
      child.stdin.end();
      await once(child, 'exit');
    },
  };
}
