// Lists the packages in each function's bundle, in CycloneDX, and fails on an unknown licence: npm run sbom
import { createHash } from 'node:crypto';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { bundle, projectRoot } from './bundle.ts';

/** Licences that allow anybody to redistribute the bundle. */
const allowed = new Set(['Apache-2.0', 'MIT', 'BSD-3-Clause', '0BSD', 'ISC']);

const folder = join(projectRoot, 'dist/sbom');
mkdirSync(folder, { recursive: true });
const temporary = mkdtempSync(join(tmpdir(), 'sbom-'));
for (const entry of ['handler', 'rotation-handler', 'reconcile-handler', 'archive-handler'] as const) {
  // A file of a package is named by the innermost folder that holds packages.
  const { outputs } = bundle(entry, join(temporary, entry));
  const files = Object.values(outputs).flatMap(({ inputs }) => Object.keys(inputs));
  const folders = files.flatMap((path) => /^.*node_modules\/(?:@[^/]+\/)?[^/]+(?=\/)/.exec(path)?.[0] ?? []);
  const components = [...new Set(folders)].sort().map(componentOf);
  const unknown = components.filter(({ licenses: [{ license }] }) => !allowed.has(license.id));
  for (const { name, version } of unknown) console.error(`${entry}: check the licence of ${name} ${version}`);
  if (unknown.length > 0) process.exitCode = 1;
  const file = join(folder, `${entry}.cdx.json`);
  // GitHub attests no list without a number. It is made of what is listed, so that a build can be repeated.
  const hash = createHash('sha256').update(JSON.stringify(components)).digest('hex');
  const serialNumber = `urn:uuid:${hash.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12}).*$/, '$1-$2-$3-$4-$5')}`;
  const sbom = { bomFormat: 'CycloneDX', specVersion: '1.6', serialNumber, version: 1, components };
  writeFileSync(file, `${JSON.stringify(sbom, undefined, 2)}\n`);
  console.log(`${entry}: ${components.length} packages, in ${file.slice(projectRoot.length)}`);
}
rmSync(temporary, { recursive: true });

/** @param path the folder of a package */
function componentOf(path: string) {
  const { name, version, license }: Record<'name' | 'version' | 'license', string> = JSON.parse(
    readFileSync(join(projectRoot, path, 'package.json'), 'utf8'),
  );
  const purl = `pkg:npm/${name.replace('@', '%40')}@${version}`;
  return { type: 'library', 'bom-ref': purl, name, version, purl, licenses: [{ license: { id: license } }] as const };
}
