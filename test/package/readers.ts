import assert from 'node:assert/strict';
import { globSync, statSync } from 'node:fs';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { done, root, shell } from './shell.ts';

/** Installs the project where only events are read: that takes no other package. */
export async function checkReader(folder: string, tarball: string): Promise<void> {
  await makeEmpty(folder);
  await shell(folder, `npm install ${tarball}`);
  const { packages } = JSON.parse(await readFile(join(folder, 'package-lock.json'), 'utf8'));
  assert.deepEqual(Object.keys(packages), ['', 'node_modules/messagemedia-webhook-receiver']);
  const { exports } = JSON.parse(await readFile(join(root, 'package.json'), 'utf8'));
  const entries = Object.keys(exports).filter((entry) => !/^\.$|package\.json$|\/s3$/.test(entry));
  const names = entries.map((entry) => entry.replace('.', 'messagemedia-webhook-receiver'));
  await writeFile(join(folder, 'all.mjs'), names.map((name) => `import '${name}';`).join('\n'));
  await writeFile(join(folder, 'all.cjs'), names.map((name) => `require('${name}');`).join('\n'));
  await shell(folder, 'node all.mjs\nnode all.cjs');
  const files = globSync('node_modules/messagemedia-webhook-receiver/**', { cwd: folder, withFileTypes: true });
  const bytes = files.filter((file) => file.isFile()).map((file) => statSync(join(file.parentPath, file.name)).size);
  const size = (bytes.reduce((sum, one) => sum + one) / 1e6).toFixed(1);
  done(`whoever only reads events installs 1 package, ${bytes.length} files, ${size} MB, and can read them`);
}

/** Installs mmw alone, as somebody does who has no copy of the repository. */
export async function checkMmw(folder: string, tarball: string): Promise<void> {
  await makeEmpty(folder);
  await shell(folder, `npm install ${tarball}`);
  const { stdout } = await shell(folder, 'npx --no -- mmw --help');
  assert.match(stdout, /^Usage: mmw/);
  done('mmw runs from its own package, without the other');
}

/** Other people's tools about packages find nothing. attw is large, and nothing else needs it. */
export async function checkExports(folder: string, tarballs: readonly string[]): Promise<void> {
  const publint = join(root, 'node_modules/publint/src/cli.js');
  for (const tarball of tarballs) await shell(folder, `node ${publint} run --strict ${tarball}`);
  await shell(folder, `npx --yes @arethetypeswrong/cli@0.18.5 ${tarballs[0]}`);
  done('publint and attw (are the types wrong?) find nothing');
}

async function makeEmpty(folder: string): Promise<void> {
  await mkdir(folder);
  await writeFile(join(folder, 'package.json'), '{ "private": true }');
}
