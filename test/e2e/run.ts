// Deploys the stack to an emulated AWS on this machine, and proves what it promises. Needs Python 3.10 (PYTHON) and openssl.
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { createCdk } from './cdk.ts';
import { failure, startMinistack } from './ministack.ts';
import { createPrograms, type Programs } from './programs.ts';
import { type Proof, Run } from './proof.ts';
import { proofs } from './proofs.ts';
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

// A pending wait must not keep the process alive.
process.exit(await main());

async function main(): Promise<number> {
  const programs = createPrograms();
  const interruption = Promise.withResolvers<never>();
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
    process.on(signal, () => interruption.reject(new SelfExplanatoryError(`Interrupted (${signal})`)));
  }
  // Outside the project, so that a function does not find packages that its bundle lacks.
  const folder = await mkdtemp(join(tmpdir(), 'e2e-'));
  try {
    await Promise.race([proveAll(programs, folder), interruption.promise]);
    return 0;
  } catch (error) {
    await printFailure(error, Object.values(logs));
    return 1;
  } finally {
    await programs.stop();
    await rm(folder, { recursive: true, force: true });
  }
}

async function proveAll(programs: Programs, folder: string): Promise<void> {
  const started = Date.now();
  await mkdir(cache, { recursive: true });
  await Promise.all(Object.values(logs).map((log) => writeFile(log, '')));
  const path = [join(root, 'node_modules/.bin'), process.env.PATH].join(delimiter);

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
  for (const proof of proofs) await Promise.race([proveOne(proof, run), failure(ministack.program)]);

  const { timeToFirstEvent } = run;
  if (timeToFirstEvent === undefined) throw new Error('No event was ever verified');
  console.log(`
From the start of cdk deploy to the first verified event: ${seconds(timeToFirstEvent)}. Everything: ${seconds(Date.now() - started)}.`);
}

async function proveOne({ claim, prove }: Proof, run: Run): Promise<void> {
  const started = Date.now();
  try {
    printProven(claim, await prove(run), started);
  } catch (error) {
    throw new ProofFailed(claim, error, await run.readLog());
  }
}
