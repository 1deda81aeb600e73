import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { createCdk, stackName } from './cdk.ts';
import { failure, startMinistack, toolEnvironment } from './ministack.ts';
import { createPrograms, type Programs } from './programs.ts';
import { type Proof, Run } from './proof.ts';
import { keptProofs, proofs } from './proofs.ts';
import { preparePython } from './python.ts';
import { ProofFailed, printFailure, printProven, seconds } from './report.ts';
import { SelfExplanatoryError } from './self-explanatory.ts';
import { createClients } from './stack.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));
/** Kept for the next run, and ignored by git. */
const cache = join(root, 'node_modules/.cache/e2e');
const logs = {
  cdk: join(cache, 'cdk.log'),
  ministack: join(cache, 'ministack.log'),
  python: join(cache, 'python.log'),
};

const help = `Deploys the stack to an emulated AWS on this machine, and proves what it promises.

Usage: npm run e2e [-- --keep]

  --keep   stop after the first proofs, leave the stack up until Ctrl-C, and print how mmw and the AWS CLI reach it
  --help   print this

It needs Python 3.10 or newer (PYTHON=python3.12 names another one) and openssl. Its logs are in node_modules/.cache/e2e.`;

const options = readOptions();
/** Whether everything was proven, and the stack is only kept running. */
let kept = false;

// A pending wait must not keep the process alive.
process.exit(await main());

function readOptions(): { keep: boolean } {
  try {
    const { values } = parseArgs({ options: { keep: { type: 'boolean', default: false }, help: { type: 'boolean' } } });
    if (values.help) {
      console.log(help);
      process.exit(0);
    }
    return values;
  } catch (error) {
    console.error(`${error instanceof Error ? error.message : error}\n\n${help}`);
    process.exit(1);
  }
}

function printKept(environment: Record<string, string>): void {
  kept = true;
  const exports = Object.entries(environment).map(([name, value]) => `  export ${name}=${value}`);
  console.log(`
The stack stays up until Ctrl-C. In another terminal:

  unset AWS_PROFILE
${exports.join('\n')}

  npx mmw queue stats --stack ${stackName}
`);
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
    await Promise.race([proveAll(programs, folder, interruption.promise), interruption.promise]);
    return 0;
  } catch (error) {
    if (kept) return 0;
    await printFailure(error, Object.values(logs));
    return 1;
  } finally {
    await programs.stop();
    await rm(folder, { recursive: true, force: true });
  }
}

async function proveAll(programs: Programs, folder: string, interrupted: Promise<never>): Promise<void> {
  const started = Date.now();
  await mkdir(cache, { recursive: true });
  await Promise.all(Object.values(logs).map((log) => writeFile(log, '')));
  const path = [join(root, 'node_modules/.bin'), process.env.PATH].join(delimiter);

  const wanted = options.keep ? keptProofs : proofs;
  const python = await preparePython({ programs, cache, log: logs.python });
  const ministack = await startMinistack({ programs, python, folder, path, log: logs.ministack });
  printProven(
    `MiniStack ${ministack.version}`,
    `on ${ministack.url}, with IAM and resource policies in force`,
    started,
  );
  const clients = createClients(ministack);
  const cdk = await createCdk({ programs, ministack, clients, python, folder, path, log: logs.cdk });
  const run = new Run(ministack, cdk, clients, join(folder, 'compiled'));
  for (const proof of wanted) await Promise.race([proveOne(proof, run), failure(ministack.program)]);

  const { timeToFirstEvent } = run;
  if (timeToFirstEvent === undefined) throw new Error('No event was ever verified');
  console.log(`
From the start of cdk deploy to the first verified event: ${seconds(timeToFirstEvent)}. Everything: ${seconds(Date.now() - started)}.`);
  if (options.keep) {
    printKept(toolEnvironment(ministack));
    await interrupted;
  }
}

async function proveOne({ claim, prove }: Proof, run: Run): Promise<void> {
  const started = Date.now();
  try {
    printProven(claim, await prove(run), started);
  } catch (error) {
    throw new ProofFailed(claim, error, await run.readLog());
  }
}
