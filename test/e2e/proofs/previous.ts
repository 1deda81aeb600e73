import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Preparation, Proof, Run } from '../proof.ts';
import { putKeys, readKeys } from '../secret.ts';
import { expectAccepted, freshReport, keyringInterval, receiveAll } from '../webhooks.ts';
import { startTraffic, statefulIds } from './upgrade.ts';

const root = fileURLToPath(new URL('../../..', import.meta.url));

/** The last commit of the previous version. Change it with every release. */
const commit = '58ffc990fb3a3b1220dc86286a9732913f1eda4e';

let checkedOut: Promise<string> | undefined;

/** Puts the previous version into its own folder, with its own packages. */
async function checkOut({ programs, folder, path, log }: Preparation): Promise<string> {
  const project = join(folder, 'previous');
  const archive = join(folder, 'previous.tar');
  const run = (file: string, args: string[], cwd: string) =>
    programs.run({ file, args, cwd, env: { ...process.env, PATH: path }, log });
  await mkdir(project);
  await run('git', ['archive', '--output', archive, commit], root).catch((cause: unknown) => {
    throw new Error(`git cannot find ${commit}, the version before`, { cause });
  });
  await run('tar', ['-xf', archive, '-C', project], folder);
  // Most packages are the same. Where they cannot be linked, npm gets all of them.
  await run('cp', ['-al', join(root, 'node_modules'), project], root).catch(() => {});
  await rm(join(project, 'node_modules/.package-lock.json'), { force: true });
  await run('npm', ['install', '--prefer-offline', '--no-audit', '--no-fund'], project);
  return project;
}

/** The parts of a stack that must survive an upgrade. */
async function lasting(run: Run) {
  const { CallbackUrl, QueueUrl, DeadLetterQueueUrl, KeyringSecretArn, OverflowBucketName } = run.stack.outputs;
  const outputs = { CallbackUrl, QueueUrl, DeadLetterQueueUrl, KeyringSecretArn, OverflowBucketName };
  return { outputs, ids: await statefulIds(run), keyring: await readKeys(run) };
}

const proof: Proof = {
  claim: `upgrade from the previous version (${commit.slice(0, 7)}), under traffic`,
  prepare: (preparation) => {
    checkedOut = checkOut(preparation);
    // It is reported when its turn comes.
    checkedOut.catch(() => {});
  },
  prove: async (run) => {
    await run.deploy({}, await checkedOut);
    await putKeys(run, run.firstKey);
    await keyringInterval();
    const waiting = await expectAccepted(run, freshReport(run, run.firstKey));
    const before = await lasting(run);
    const traffic = startTraffic(run);
    await run.deploy();
    const accepted = [waiting, ...(await traffic.stop())];
    assert.deepEqual(await lasting(run), before);
    const events = await receiveAll(run);
    assert.ok(events.every(({ reverified }) => reverified));
    assert.deepEqual(events.map(({ event }) => event.id).sort(), accepted.sort());
    const { length } = before.ids;
    return `same URL, same ids of all ${length} resources with data, same keys; ${accepted.length} webhooks from before and meanwhile, each on the queue once`;
  },
};

/** A copy without history has no previous version. */
const hasHistory = existsSync(join(root, '.git')) && !existsSync(join(root, '.git/shallow'));
export const previous: readonly Proof[] = hasHistory ? [proof] : [];
