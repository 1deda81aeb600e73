// Lists the packages in each function's bundle, in CycloneDX, and fails on an unknown licence: npm run sbom
import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { bundle } from './bundle.ts';

/** Licences that allow anybody to redistribute the bundle. */
const allowed = new Set(['Apache-2.0', 'MIT', 'BSD-3-Clause', '0BSD', 'ISC']);

interface Component {
  name: string;
  version: string;
  licenses?: { license?: { id?: string; name?: string }; expression?: string }[];
}

const root = fileURLToPath(new URL('..', import.meta.url));
const folder = join(root, 'dist/sbom');
mkdirSync(folder, { recursive: true });
const temporary = mkdtempSync(join(tmpdir(), 'sbom-'));
for (const entry of ['handler', 'rotation-handler', 'reconcile-handler', 'archive-handler'] as const) {
  const metafile = join(temporary, `${entry}.json`);
  writeFileSync(metafile, JSON.stringify(bundle(entry, join(temporary, entry))));
  const file = join(folder, `${entry}.cdx.json`);
  const cli = join(root, 'node_modules/.bin/cyclonedx-esbuild');
  execFileSync(cli, ['--bwd', root, '--output-reproducible', '-o', file, metafile], { cwd: root, stdio: 'inherit' });
  const { components = [] }: { components?: Component[] } = JSON.parse(readFileSync(file, 'utf8'));
  const unknown = components.filter(({ licenses = [] }) => {
    const names = licenses.map(({ license, expression }) => license?.id ?? expression ?? license?.name ?? '');
    return names.length === 0 || !names.every((name) => allowed.has(name));
  });
  for (const { name, version } of unknown) console.error(`${entry}: check the licence of ${name} ${version}`);
  if (unknown.length > 0) process.exitCode = 1;
  console.log(`${entry}: ${components.length} packages, in ${file.slice(root.length)}`);
}
rmSync(temporary, { recursive: true });
