// Measures the first answer under AWS's own runtime client: node bench/runtime-client.ts
import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import { listen } from '../sandbox/http.ts';
import { createCpuQuota } from './cpu-quota.ts';
import { memory, type Place, withBundles } from './first-answer.ts';
import { eventOf } from './receivers.ts';
import { type Result, result, toTable } from './results.ts';
import { compare, inTurns } from './rounds.ts';

const emulator = 'github.com/aws/aws-lambda-runtime-interface-emulator/cmd/aws-lambda-rie@latest';

/**
 * INIT to the first answer under AWS's own runtime client and its emulator of Lambda. Both are built in a temporary folder,
 * which takes minutes and needs Go, a C++ compiler, CMake, autoconf, automake and libtool.
 */
async function measureRuntimeClient(rounds: number): Promise<Result[]> {
  const tools = mkdtempSync(join(tmpdir(), 'runtime-client-'));
  try {
    execFileSync('go', ['install', emulator], { env: { ...process.env, GOBIN: tools }, stdio: 'pipe' });
    // The client is C++ in part, which its install scripts build.
    writeFileSync(join(tools, 'package.json'), JSON.stringify({ allowScripts: { 'aws-lambda-ric': true } }));
    execFileSync('npm', ['install', '--prefix', tools, 'aws-lambda-ric@4'], { cwd: tools, stdio: 'pipe' });
    return await withBundles(async ({ now, before }, { env }) => {
      const quota = createCpuQuota();
      const run = (file: string) => () => initToAnswer(tools, file, { env, quota });
      const waits = await inTurns({ now: run(now), before: run(before) }, { rounds }).finally(() => quota?.remove());
      const what = `INIT to first answer under AWS's runtime client, ${quota ? `${memory} MB` : 'full CPU'}`;
      return [result(what, 'without warming up', null, compare(waits.now, waits.before))];
    });
  } finally {
    rmSync(tools, { recursive: true });
  }
}

/** Milliseconds. The emulator starts the function when the first event comes. */
async function initToAnswer(tools: string, file: string, { env, quota }: Place): Promise<number> {
  const [front, api] = await Promise.all([freeAddress(), freeAddress()]);
  const addresses = ['--runtime-interface-emulator-address', front, '--runtime-api-address', api];
  const client = join(tools, 'node_modules/aws-lambda-ric/index.mjs');
  const child = spawn(join(tools, 'aws-lambda-rie'), [...addresses, process.execPath, client, 'index.handler'], {
    ...{ cwd: dirname(file), env: { ...env, LAMBDA_TASK_ROOT: dirname(file) }, stdio: ['ignore', 'ignore', 'pipe'] },
  });
  const exited = once(child, 'exit');
  try {
    quota?.limit(undefined);
    quota?.add(child.pid ?? 0);
    createInterface({ input: child.stderr }).on('line', (line) => line.includes('INIT RTDONE') && quota?.limit(memory));
    // What is not found starts no function.
    while ((await fetch(`http://${front}/`).catch(() => undefined)) === undefined) await sleep(20);
    const url = `http://${front}/2015-03-31/functions/function/invocations`;
    const started = performance.now();
    const signal = AbortSignal.timeout(30_000);
    const answer = await fetch(url, { method: 'POST', body: JSON.stringify(eventOf()), signal });
    const text = await answer.text();
    const waited = performance.now() - started;
    if (!text.includes('"statusCode":202'))
      throw new Error(`The first webhook was answered with ${text}, not with 202`);
    return waited;
  } finally {
    quota?.limit(undefined);
    child.kill();
    await exited;
  }
}

async function freeAddress(): Promise<string> {
  const { url, close } = await listen(0, () => {});
  await close();
  return new URL(url).host;
}

console.log(toTable(await measureRuntimeClient(21)));
