import { createHash } from 'node:crypto';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Metafile } from 'esbuild';
import { type BundledEntry, projectRoot } from './bundle.ts';

/** Licences that allow anybody to redistribute the bundle. */
const allowed = new Set(['Apache-2.0', 'MIT', 'BSD-3-Clause', '0BSD', 'ISC']);

/** Lists the packages in a function's bundle, in CycloneDX. An unknown licence makes the process fail. */
export function writeSbom(entry: BundledEntry, { outputs }: Metafile): void {
  // A file of a package is named by the innermost folder that holds packages.
  const files = Object.values(outputs).flatMap(({ inputs }) => Object.keys(inputs));
  const folders = files.flatMap((path) => /^.*node_modules\/(?:@[^/]+\/)?[^/]+(?=\/)/.exec(path)?.[0] ?? []);
  const components = [...new Set(folders)].sort().map(componentOf);
  const unknown = components.filter(({ licenses: [{ license }] }) => !allowed.has(license.id));
  for (const { name, version } of unknown) console.error(`${entry}: check the licence of ${name} ${version}`);
  if (unknown.length > 0) process.exitCode = 1;
  // GitHub attests no list without a number. It is made of what is listed, so that a build can be repeated.
  const hash = createHash('sha256').update(JSON.stringify(components)).digest('hex');
  const serialNumber = `urn:uuid:${hash.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12}).*$/, '$1-$2-$3-$4-$5')}`;
  const sbom = { bomFormat: 'CycloneDX', specVersion: '1.6', serialNumber, version: 1, components };
  const file = `dist/sbom/${entry}.cdx.json`;
  mkdirSync(join(projectRoot, 'dist/sbom'), { recursive: true });
  writeFileSync(join(projectRoot, file), `${JSON.stringify(sbom, undefined, 2)}\n`);
  console.log(`${entry}: ${components.length} packages, in ${file}`);
}

/** @param path the folder of a package */
function componentOf(path: string) {
  const { name, version, license }: Record<'name' | 'version' | 'license', string> = JSON.parse(
    readFileSync(join(projectRoot, path, 'package.json'), 'utf8'),
  );
  const purl = `pkg:npm/${name.replace('@', '%40')}@${version}`;
  return { type: 'library', 'bom-ref': purl, name, version, purl, licenses: [{ license: { id: license } }] as const };
}
