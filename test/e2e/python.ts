import { execFile } from 'node:child_process';
import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import type { Programs } from './programs.ts';
import { SelfExplanatoryError } from './self-explanatory.ts';

const requirements = fileURLToPath(new URL('./requirements.txt', import.meta.url));

/** Options of a virtual environment. */
export interface PythonOptions {
  programs: Programs;
  /** Folder that keeps the environment for the next run. */
  cache: string;
  log: string;
}

/**
 * Provides a Python with everything in requirements.txt, and changes nothing else on this machine.
 *
 * @returns path of the interpreter
 * @throws {SelfExplanatoryError} when there is no suitable Python
 */
export async function preparePython({ programs, cache, log }: PythonOptions): Promise<string> {
  const python = process.env.PYTHON || 'python3';
  const version = await checkVersion(python);
  const folder = join(cache, 'python');
  const interpreter = join(folder, 'bin/python');
  // Written last, so that an interrupted installation is repeated.
  const installed = join(folder, 'installed.txt');
  const wanted = `${version}\n${await readFile(requirements, 'utf8')}`;
  if ((await readFile(installed, 'utf8').catch(() => undefined)) === wanted) return interpreter;

  await rm(folder, { recursive: true, force: true });
  await mkdir(cache, { recursive: true });
  const run = (file: string, args: string[]) => programs.run({ file, args, env: process.env, log });
  await run(python, ['-m', 'venv', folder]).catch((cause: unknown) => {
    const hint = 'on Debian and Ubuntu it takes the package python3-venv';
    throw new SelfExplanatoryError(`${python} cannot make a virtual environment: ${hint}.`, { cause });
  });
  await run(interpreter, [
    '-m',
    'pip',
    'install',
    '--quiet',
    '--no-input',
    '--disable-pip-version-check',
    '-r',
    requirements,
  ]);
  await writeFile(installed, wanted);
  return interpreter;
}

/** @returns the exact version of Python */
async function checkVersion(python: string): Promise<string> {
  const script = 'import sys; print(*sys.version_info[:3], sys.executable)';
  const { stdout } = await promisify(execFile)(python, ['-c', script]).catch((cause: unknown) => {
    throw unsuitable(`${python} does not start`, { cause });
  });
  const [major = 0, minor = 0] = stdout.trim().split(' ').map(Number);
  if (major < 3 || (major === 3 && minor < 10)) throw unsuitable(`${python} is ${major}.${minor}`);
  return stdout;
}

function unsuitable(problem: string, options?: ErrorOptions): SelfExplanatoryError {
  return new SelfExplanatoryError(
    `The end-to-end run needs Python 3.10 or newer; ${problem}. Install one, or name one: PYTHON=python3.12 npm run e2e`,
    options,
  );
}
