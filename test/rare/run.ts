// Runs the tests that need a browser, a database or another large package: npm run test:rare [-- browser]
import { execFileSync, spawnSync } from 'node:child_process';
import { statSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { preparePython } from '../python-environment.ts';

const here = fileURLToPath(new URL('.', import.meta.url));
const root = fileURLToPath(new URL('../..', import.meta.url));
const changed = (file: string) => statSync(`${here}${file}`, { throwIfNoEntry: false })?.mtimeMs ?? 0;

if (changed('node_modules/.package-lock.json') < changed('package-lock.json'))
  execFileSync('npm', ['ci', '--ignore-scripts', '--no-audit', '--no-fund'], { cwd: here, stdio: 'inherit' });
preparePython(`${here}.venv`, `${here}requirements.txt`);
execFileSync('tsc', ['-p', here], { cwd: root, stdio: 'inherit' });
const { status } = spawnSync('jest', [...process.argv.slice(2), '--testMatch=**/*.rare.ts'], {
  cwd: root,
  stdio: 'inherit',
});
process.exitCode = status ?? 1;
