import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { preparePython } from '../python-environment.ts';
import { createPrograms } from './programs.ts';
import { printBegun, printFailure } from './report.ts';
import { SelfExplanatoryError } from './self-explanatory.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));
/** Kept for the next run, and ignored by git. */
const cache = join(root, 'node_modules/.cache/e2e');
const logs = { cdk: join(cache, 'cdk.log'), ministack: join(cache, 'ministack.log') };
const requirements = fileURLToPath(new URL('./requirements.txt', import.meta.url));

const help = `Deploys the stack to an emulated AWS on this machine, and proves what it promises.

Usage: npm run e2e [-- --keep]

  --keep   stop after the first proofs, leave the stack and MessageMedia's stand-in up until Ctrl-C, and print how
           mmw and the AWS CLI reach them
  --help   print this

It needs Python 3.10 or newer (PYTHON=python3.12 names another one) and openssl. Its logs are in node_modules/.cache/e2e.`;

const { keep } = readOptions();
// A pending wait must not keep the process alive.
process.exit(await main());

function readOptions(): { keep: boolean } {
  try {
    const { values } = parseArgs({ options: { keep: { type: 'boolean', default: false }, help: { type: 'boolean' } } });
    if (!values.help) return values;
    console.log(help);
    process.exit(0);
  } catch (error) {
    console.error(`${error instanceof Error ? error.message : error}\n\n${help}`);
    process.exit(1);
  }
}

async function main(): Promise<number> {
  const programs = createPrograms();
  const interruption = Promise.withResolvers<never>();
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
    process.on(signal, () => interruption.reject(new SelfExplanatoryError(`Interrupted (${signal})`)));
  }
  // Outside the project, so that a function does not find packages that its bundle lacks.
  const folder = await mkdtemp(join(tmpdir(), 'e2e-'));
  try {
    const python = await prepare();
    // These modules take seconds to load, and the run has to say what it does at once.
    const [{ proveAll }, { keepUp }] = await Promise.all([import('./prove-all.ts'), import('./keep.ts')]);
    const proving = proveAll({ programs, python, folder, logs, onlyFirst: keep });
    const proven = await Promise.race([proving, interruption.promise]);
    if (keep) await keepUp(proven, interruption.promise);
    return 0;
  } catch (error) {
    await printFailure(error, Object.values(logs));
    return 1;
  } finally {
    await programs.stop();
    await rm(folder, { recursive: true, force: true });
  }
}

/** @returns the interpreter that has MiniStack */
async function prepare(): Promise<string> {
  printBegun(`Python, with MiniStack, in ${relative(process.cwd(), cache)} (a minute when it is new)`);
  await mkdir(cache, { recursive: true });
  await Promise.all(Object.values(logs).map((log) => writeFile(log, '')));
  return preparePython(join(cache, 'python'), requirements);
}
