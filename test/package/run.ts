import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { checkExamples } from './examples.ts';
import { checkModuleApp, checkPipeline } from './own-apps.ts';
import { checkExports, checkMmw, checkReader } from './readers.ts';
import { done, root, shell } from './shell.ts';
import { checkDefaultApp, checkJavaScriptApp, checkOldApp } from './template-apps.ts';

/*
 * Uses the packed packages as other people do, in apps that have nothing else from here: npm run test:package.
 * With `-- --all` the apps that `cdk init` makes no more, or in another language, or that few people have, too.
 */

/** Packs both packages. @returns the paths of their tarballs */
async function pack(folder: string): Promise<[receiver: string, mmw: string]> {
  const { stdout } = await shell(
    root,
    `npm pack --json --workspaces --include-workspace-root --pack-destination ${folder}`,
  );
  const packed: { name: string; filename: string; files: unknown[]; size: number }[] = JSON.parse(
    stdout.slice(stdout.indexOf('[\n')),
  );
  for (const { filename, files, size } of packed)
    done(`npm pack: ${filename}, ${files.length} files, ${Math.round(size / 1024)} kB`);
  const tarballOf = (name: string) => {
    const found = packed.find((one) => one.name === name);
    assert.ok(found, `${name} was not packed`);
    return join(folder, found.filename);
  };
  return [tarballOf('messagemedia-webhook-receiver'), tarballOf('mmw')];
}

async function checkApps(folder: string, tarball: string, all: boolean): Promise<void> {
  const app = join(folder, 'app');
  await checkDefaultApp(app, tarball);
  if (all) {
    await checkModuleApp(join(folder, 'nodenext'), app, 'NodeNext');
    await checkModuleApp(join(folder, 'bundler'), app, 'Bundler');
    await checkPipeline(join(folder, 'pipeline'), app);
    await checkJavaScriptApp(join(folder, 'plain'), app);
    await checkOldApp(join(folder, 'old'), tarball);
  }
  await checkExamples(app);
}

const folder = await mkdtemp(join(tmpdir(), 'webhooks-package-'));
try {
  const [receiver, mmw] = await pack(folder);
  await checkReader(join(folder, 'reader'), receiver);
  const apps = checkApps(folder, receiver, process.argv.includes('--all'));
  await Promise.all([apps, checkMmw(join(folder, 'mmw'), mmw), checkExports(folder, [receiver, mmw])]);
} finally {
  await rm(folder, { recursive: true });
  for (const dist of ['dist', 'cli/dist']) await rm(join(root, dist), { recursive: true, force: true });
}
