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
import { compare, inTurns, type Result } from './measure.ts';
import { eventOf, key, startAws } from './receivers.ts';

/** Memory of the function in MB, and so its CPU once it is initialised. */
const memory = 512;

/** Modules of `lambda` that the state before has instead: nothing is warmed up, and the SDK takes its own hash. */
const replacedBefore = {
  'warm-up.ts': 'export const rehearse = async () => {}; export const untilReady = rehearse;',
  'receiver/rehearsal.ts': 'export const rehearseWebhook = async () => {};',
  'sha256.ts': "import { Hash } from '@smithy/core/serde'; export const Sha256 = Hash.bind(null, 'sha256');",
};
const before = 'without warming up';

/** How long the sender of the first webhook waits, against how long it did without what warms the function up. */
export async function measureFirstAnswer(rounds: number): Promise<Result[]> {
  const folder = mkdtempSync(join(tmpdir(), 'first-answer-'));
  const { cert, key: privateKey } = makeCertificate();
  const { url, stop } = await startAws(cert, privateKey, keyringOf(key));
  const quota = createCpuQuota();
  const cpu = quota ? `${memory} MB` : 'full CPU';
  // Without a quota there is nothing to aim at but the import, which takes the whole CPU anyway.
  const goal = quota ? 0.25 : null;
  try {
    const files = writeBundles(folder);
    const trusted = join(folder, 'ca.pem');
    writeFileSync(trusted, cert);
    const env = {
      ...{ QUEUE_URL: `${url}/000000000000/events.fifo`, KEYRING_SECRET_ID: 'keyring', AWS_REGION: 'us-east-1' },
      ...{ AWS_ENDPOINT_URL_SQS: url, AWS_ENDPOINT_URL_SECRETS_MANAGER: url, NODE_EXTRA_CA_CERTS: trusted },
      AWS_ACCESS_KEY_ID: localCredentials.accessKeyId,
      AWS_SECRET_ACCESS_KEY: localCredentials.secretAccessKey,
    };
    const measure = async (when: When, ...rows: [of: keyof Waits, what: string, goal: number | null][]) => {
      const run = (file: string) => () => firstAnswer(file, env, { quota, ...when });
      const waits = await inTurns({ now: run(files.now), before: run(files.before) }, { rounds });
      return rows.flatMap(([of, what, goal]) => {
        const [ours = [], others = []] = [waits.now, waits.before].map((each) => each.map((wait) => wait[of]));
        return compare({ [what]: ours, [before]: others }, [[what, before, goal]]);
      });
    };
    return [
      ...(await measure(
        { memory },
        ['first', `first answer after initialisation, ${cpu}`, goal],
        ['whole', `import to first answer, ${cpu}`, quota ? 0.6 : 0.95],
      )),
      ...(quota ? await measure({}, ['whole', 'import to first answer, full CPU', 0.95]) : []),
      ...(await measure({ memory, frozen: 1_000 }, ['first', `first answer after a freeze, ${cpu}`, goal])),
    ];
  } finally {
    stop();
    quota?.remove();
    rmSync(folder, { recursive: true });
  }
}

/** Milliseconds to the first answer: from its event, and from the start of the import. */
type Waits = Record<'first' | 'whole', number>;

/** Limits the CPU to that of so much memory, and stops the process for milliseconds, as Lambda does, before the first webhook. */
type When = { memory?: number; frozen?: number };

/** Runs a bundle in a new process. As in Lambda, it has the whole CPU until it is initialised, and then what its memory gives. */
async function firstAnswer(
  file: string,
  env: Record<string, string>,
  { quota, memory, frozen }: When & { quota: CpuQuota | undefined },
): Promise<Waits> {
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

/** The deployed bundle, and that of the same handler as it was before. */
function writeBundles(folder: string): Record<'now' | 'before', string> {
  bundle('handler', join(folder, 'now'));
  cpSync(join(projectRoot, 'lambda'), join(folder, 'lambda'), { recursive: true });
  for (const [name, text] of Object.entries(replacedBefore)) writeFileSync(join(folder, 'lambda', name), text);
  symlinkSync(join(projectRoot, 'node_modules'), join(folder, 'node_modules'));
  bundle('handler', join(folder, 'before'), folder);
  const file = (name: string) => join(folder, name, `${bundleEntry}.mjs`);
  return { now: file('now'), before: file('before') };
}
