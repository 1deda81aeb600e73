import { fork } from 'node:child_process';
import { once } from 'node:events';
import { cpSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { bundle, bundleEntry, projectRoot } from '../lib/bundle.ts';
import { localCredentials } from '../sandbox/aws/credentials.ts';
import { keyringOf } from '../test/support.ts';
import { makeCertificate } from '../test/tls-server.ts';
import { type CpuQuota, createCpuQuota } from './cpu-quota.ts';
import { eventOf, key } from './receivers.ts';
import { type Result, result } from './results.ts';
import { compare, inTurns } from './rounds.ts';

/** Memory of the function in MB, and so its CPU once it is initialised. */
const memory = 512;

/** Modules of `lambda` that the state before has instead: nothing is warmed up, and the SDK takes its own hash. */
const replacedBefore = {
  'warm-up.ts': 'export const rehearse = async () => {}; export const untilReady = rehearse;',
  'receiver/rehearsal.ts': 'export const rehearseWebhook = async () => {};',
  'sha256.ts': "import { Hash } from '@smithy/core/serde'; export const Sha256 = Hash.bind(null, 'sha256');",
};

/** How long the sender of the first webhook waits, against how long it did without what warms the function up. */
export async function measureFirstAnswer(rounds: number): Promise<Result[]> {
  const quota = createCpuQuota();
  const limited = quota ? `${memory} MB` : 'full CPU';
  const goal = (most: number) => (quota ? most : null);
  try {
    return await withBundles(async ({ now, before }, place) => {
      const pairs = async (when: When) => {
        const run = (file: string) => () => firstAnswer(file, { ...place, quota }, when);
        const times = await inTurns({ now: run(now), before: run(before) }, { rounds });
        return (what: string, goal: number | null, of: (waits: Waits) => number) =>
          result(what, 'without warming up', goal, compare(times.now.map(of), times.before.map(of)));
      };
      const atOnce = await pairs({ memory });
      const thawed = await pairs({ memory, frozen: 1_000 });
      const atFullCpu = quota ? await pairs({}) : atOnce;
      return [
        atOnce(`first answer after initialisation, ${limited}`, goal(0.25), (waits) => waits.first),
        ...(quota ? [atOnce(`import to first answer, ${limited}`, 0.6, (waits) => waits.whole)] : []),
        atFullCpu('import to first answer, full CPU', 0.95, (waits) => waits.whole),
        thawed(`first answer after a freeze, ${limited}`, goal(0.25), (waits) => waits.first),
      ];
    });
  } finally {
    quota?.remove();
  }
}

/** Milliseconds to the first answer. */
interface Waits {
  /** From its event. */
  first: number;
  /** From the start of the import. */
  whole: number;
}

/** Where a function runs. */
interface Place {
  env: Record<string, string>;
  quota?: CpuQuota | undefined;
}

/** What happens between the initialisation and the first webhook. */
interface When {
  /** Limits the CPU to that of so much memory. */
  memory?: number;
  /** Milliseconds that the process is stopped, as by Lambda. */
  frozen?: number;
}

/** Runs a bundle in a new process. As in Lambda, it has the whole CPU until it is initialised, and then what its memory gives. */
async function firstAnswer(file: string, { env, quota }: Place, { memory, frozen }: When): Promise<Waits> {
  const runner = new URL('./first-answer-runner.js', import.meta.url);
  const child = fork(runner, { execArgv: [], env, stdio: ['ignore', 'ignore', 'inherit', 'ipc'] });
  const exited = once(child, 'exit');
  const answered = async () => (await once(child, 'message', { signal: AbortSignal.timeout(30_000) }))[0];
  try {
    await answered();
    quota?.limit(undefined);
    quota?.add(child.pid ?? 0);
    const started = performance.now();
    child.send({ file });
    await answered();
    quota?.limit(memory);
    if (frozen !== undefined) {
      child.kill('SIGSTOP');
      await sleep(frozen);
      child.kill('SIGCONT');
    }
    const asked = performance.now();
    child.send({ event: eventOf() });
    const { statusCode } = await answered();
    const end = performance.now();
    if (statusCode !== 202) throw new Error(`The first webhook was answered with ${statusCode} instead of 202`);
    return { first: end - asked, whole: end - started };
  } finally {
    child.kill('SIGKILL');
    await exited;
  }
}

/** Runs with the deployed bundle, with the same handler as it was before, and with their AWS. */
async function withBundles<T>(run: (files: Record<'now' | 'before', string>, place: Place) => Promise<T>): Promise<T> {
  const folder = mkdtempSync(join(tmpdir(), 'first-answer-'));
  const at = (name: string) => join(folder, name);
  try {
    bundle('handler', at('now'));
    cpSync(join(projectRoot, 'lambda'), at('lambda'), { recursive: true });
    for (const [name, text] of Object.entries(replacedBefore)) writeFileSync(at(`lambda/${name}`), text);
    symlinkSync(join(projectRoot, 'node_modules'), at('node_modules'));
    bundle('handler', at('before'), folder);
    writeFileSync(at('keyring.json'), keyringOf(key));
    const { cert, key: privateKey } = makeCertificate();
    writeFileSync(at('cert.pem'), cert);
    writeFileSync(at('key.pem'), privateKey);
    const server = fork(new URL('./aws.ts', import.meta.url), [folder], { execArgv: [] });
    const [url] = (await once(server, 'message')) as [string];
    const env = {
      ...{ QUEUE_URL: `${url}/000000000000/events.fifo`, KEYRING_SECRET_ID: 'keyring', AWS_REGION: 'us-east-1' },
      ...{ AWS_ENDPOINT_URL_SQS: url, AWS_ENDPOINT_URL_SECRETS_MANAGER: url, NODE_EXTRA_CA_CERTS: at('cert.pem') },
      AWS_ACCESS_KEY_ID: localCredentials.accessKeyId,
      AWS_SECRET_ACCESS_KEY: localCredentials.secretAccessKey,
    };
    const file = (name: string) => join(folder, name, `${bundleEntry}.mjs`);
    return await run({ now: file('now'), before: file('before') }, { env }).finally(() => server.disconnect());
  } finally {
    rmSync(folder, { recursive: true });
  }
}
