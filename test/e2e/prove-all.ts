import { delimiter, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { createCdk } from './cdk.ts';
import { failure, type Ministack, startMinistack } from './ministack.ts';
import type { Programs } from './programs.ts';
import { type Proof, Run } from './proof.ts';
import { firstProofs, proofs } from './proofs.ts';
import { ProofFailed, printBegun, printProven, seconds } from './report.ts';
import { createClients } from './stack.ts';

const bin = fileURLToPath(new URL('../../node_modules/.bin', import.meta.url));

export interface ProvingOptions {
  programs: Programs;
  /** Interpreter that has MiniStack. */
  python: string;
  /** Folder for everything that is written. */
  folder: string;
  logs: { cdk: string; ministack: string };
  /** Stops with a stack that is up. */
  onlyFirst: boolean;
}

/** Starts the emulated AWS, and carries out the proofs in order. */
export async function proveAll(options: ProvingOptions): Promise<{ run: Run; ministack: Ministack }> {
  const { programs, python, folder, logs } = options;
  const started = printBegun('MiniStack');
  const path = [bin, process.env.PATH].join(delimiter);
  const ministack = await startMinistack({ programs, python, folder, path, log: logs.ministack });
  printProven(
    `MiniStack ${ministack.version}`,
    `on ${ministack.url}, with IAM and resource policies in force`,
    started,
  );
  const clients = createClients(ministack);
  const cdk = await createCdk({ programs, ministack, clients, python, folder, path, log: logs.cdk });
  const run = new Run(ministack, cdk, clients, join(folder, 'compiled'));
  for (const proof of options.onlyFirst ? firstProofs : proofs)
    await Promise.race([proveOne(proof, run), failure(ministack.program)]);

  const { timeToFirstEvent } = run;
  if (timeToFirstEvent === undefined) throw new Error('No event was ever verified');
  console.log(`
From the start of cdk deploy to the first verified event: ${seconds(timeToFirstEvent)}. Everything: ${seconds(Date.now() - started)}.`);
  return { run, ministack };
}

async function proveOne({ claim, prove }: Proof, run: Run): Promise<void> {
  const started = printBegun(claim);
  try {
    printProven(claim, await prove(run), started);
  } catch (error) {
    throw new ProofFailed(claim, error, await run.readLog());
  }
}
