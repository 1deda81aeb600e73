// Lints and tests the consumer in Python, in its own environment: npm run test:python
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { preparePython } from '../python-environment.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));
const consumer = join(root, 'examples/python');
const [own, all] = ['requirements.txt', 'requirements-dev.txt'].map((name) => join(consumer, name)) as [string, string];
const python = preparePython(join(consumer, '.venv'), own, all);
const env = { ...process.env, PYTHON: python, PYTHONDONTWRITEBYTECODE: '1' };

const steps: [command: string, args: string[], cwd: string][] = [
  [python, ['-m', 'ruff', 'check', '--quiet', '.'], consumer],
  [python, ['-m', 'ruff', 'format', '--check', '--quiet', '.'], consumer],
  [python, ['-m', 'pytest'], consumer],
  ['jest', ['--testMatch', '**/test/examples/*.suite.ts'], root],
];
const isGood = steps.every(
  ([command, args, cwd]) => spawnSync(command, args, { cwd, env, stdio: 'inherit' }).status === 0,
);
process.exitCode = isGood ? 0 : 1;
