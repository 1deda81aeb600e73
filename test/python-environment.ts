import { spawnSync } from 'node:child_process';
import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { SelfExplanatoryError } from './e2e/self-explanatory.ts';

/**
 * Makes a Python environment, which is kept until its requirements change, and changes nothing else on this machine.
 *
 * @param files with requirements; the last one names the others
 * @returns path of the interpreter
 * @throws {SelfExplanatoryError} when there is no suitable Python, or it cannot install them
 */
export function preparePython(folder: string, ...files: [string, ...string[]]): string {
  const python = process.env.PYTHON || 'python3';
  const probe = spawnSync(python, ['-c', 'import sys; print(sys.version, sys.executable)'], { encoding: 'utf8' });
  const [major = 0, minor = 0] = (probe.stdout ?? '').split('.').map(Number);
  if (major < 3 || (major === 3 && minor < 10)) {
    const found = probe.status === 0 ? `is ${major}.${minor}` : 'does not start';
    const advice = 'Install one, or name one with PYTHON=python3.12 before the command.';
    throw new SelfExplanatoryError(`This needs Python 3.10 or newer; ${python} ${found}. ${advice}`);
  }
  const interpreter = join(folder, 'bin/python');
  // Written last, so that an interrupted installation is repeated.
  const installed = join(folder, 'installed.txt');
  const wanted = [probe.stdout, ...files.map((file) => readFileSync(file, 'utf8'))].join('\n');
  if (textOf(installed) === wanted) return interpreter;

  rmSync(folder, { recursive: true, force: true });
  const run = (file: string, ...args: string[]) => spawnSync(file, args, { stdio: 'inherit' }).status === 0;
  if (!run(python, '-m', 'venv', folder)) {
    const hint = 'on Debian and Ubuntu it takes the package python3-venv';
    throw new SelfExplanatoryError(`${python} cannot make a virtual environment: ${hint}.`);
  }
  const requirements = files.at(-1) ?? '';
  const options = ['--quiet', '--no-input', '--disable-pip-version-check'];
  if (!run(interpreter, '-m', 'pip', 'install', ...options, '-r', requirements))
    throw new SelfExplanatoryError(`pip could not install ${requirements}: see above.`);
  writeFileSync(installed, wanted);
  return interpreter;
}

function textOf(file: string): string | undefined {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return undefined;
  }
}
