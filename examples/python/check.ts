// Lints and tests the consumer in Python, in its own environment, which is kept until the requirements change.
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const here = fileURLToPath(new URL('.', import.meta.url));
const root = fileURLToPath(new URL('../..', import.meta.url));
const venv = join(here, '.venv');
const python = join(venv, process.platform === 'win32' ? 'Scripts/python.exe' : 'bin/python');

process.exitCode = main();

function main(): number {
  const problem = prepare();
  if (problem !== undefined) {
    console.error(problem);
    return 1;
  }
  const steps = [
    () => run(python, ['-m', 'ruff', 'check', '--quiet', '.'], here),
    () => run(python, ['-m', 'ruff', 'format', '--check', '--quiet', '.'], here),
    () => run(python, ['-m', 'pytest'], here),
    () => run(process.execPath, ['node_modules/jest/bin/jest.js', '--testMatch', '**/test/examples/*.suite.ts'], root),
  ];
  return steps.every((step) => step() === 0) ? 0 : 1;
}

/** Creates the environment if there is none for these requirements. @returns an error message, or nothing */
function prepare(): string | undefined {
  const probe = spawnSync('python3', [
    '-c',
    'import sys, venv; print(sys.version); sys.exit(sys.version_info < (3, 10))',
  ]);
  if (probe.status !== 0) return 'This needs python3 to be Python 3.10 or newer, with its venv module.';
  const files = ['requirements.txt', 'requirements-dev.txt'].map((name) => readFileSync(join(here, name)));
  const wanted = createHash('sha256')
    .update(Buffer.concat([...files, probe.stdout]))
    .digest('hex');
  const stamp = join(venv, 'made-for');
  if (existsSync(stamp) && readFileSync(stamp, 'utf8') === wanted) return undefined;

  rmSync(venv, { recursive: true, force: true });
  if (run('python3', ['-m', 'venv', venv], here) !== 0) return 'The environment could not be created: see above.';
  const install = ['-m', 'pip', 'install', '--quiet', '--disable-pip-version-check', '-r', 'requirements-dev.txt'];
  if (run(python, install, here) !== 0) return 'pip could not install requirements-dev.txt: see above.';
  writeFileSync(stamp, wanted);
  return undefined;
}

function run(command: string, args: string[], cwd: string): number {
  const env = { ...process.env, PYTHON: python, PYTHONDONTWRITEBYTECODE: '1' };
  return spawnSync(command, args, { cwd, env, stdio: 'inherit' }).status ?? 1;
}
