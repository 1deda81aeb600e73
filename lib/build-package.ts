// Compiles what package.json exports into dist/, bundles the functions, and lists their packages: npm run build
import { execFileSync } from 'node:child_process';
import { copyFileSync, globSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { bundle, bundledEntries } from './bundle.ts';
import { writeSbom } from './write-sbom.ts';

const { name, version, homepage, exports } = JSON.parse(readFileSync('package.json', 'utf8'));
const compiled: string[] = Object.values<{ default?: string; require?: { default: string } }>(exports).flatMap(
  ({ default: constructs, require: reading }) => constructs ?? reading?.default ?? [],
);
const entries = compiled.map((file) => file.replace('./dist/', '').replace(/\.js$/, '.ts'));

rmSync('dist', { recursive: true, force: true });
// As aws-cdk-lib is: Jest in the app that `cdk init` makes loads nothing else.
compile('dist', 'commonjs', entries, { module: 'commonjs', moduleResolution: 'bundler', verbatimModuleSyntax: false });
for (const file of ['folder.cjs', 'folder.d.cts']) copyFileSync(`lib/${file}`, `dist/lib/${file}`);
// What functions import is there as ES modules too: from these a bundler leaves out what is not used.
compile(
  'dist/esm',
  'module',
  entries.filter((entry) => !entry.startsWith('lib/')),
  {},
);
for (const entry of bundledEntries) writeSbom(entry, bundle(entry, `dist/functions/${entry}`));

function compile(folder: string, type: string, sources: readonly string[], moduleOptions: object): void {
  const root = process.cwd();
  const compilerOptions = {
    ...{ noEmit: false, rootDir: root, outDir: '.', declaration: true, rewriteRelativeImportExtensions: true },
    ...moduleOptions,
  };
  mkdirSync(folder, { recursive: true });
  const config = { extends: `${root}/tsconfig.json`, compilerOptions, files: sources.map((file) => `${root}/${file}`) };
  writeFileSync(`${folder}/tsconfig.json`, JSON.stringify({ ...config, include: [] }));
  const tsc = ['node_modules/typescript/bin/tsc', '--project', folder];
  execFileSync(process.execPath, tsc, { stdio: 'inherit' });
  rmSync(`${folder}/tsconfig.json`);
  writeFileSync(`${folder}/package.json`, JSON.stringify({ name, version, homepage, type }));
  // TypeScript leaves imports in declarations as they are in the sources, and older versions do not find these.
  for (const file of globSync(`${folder}/**/*.d.ts`))
    writeFileSync(file, readFileSync(file, 'utf8').replaceAll(/((?:from |import\()'\.[^']*)\.ts'/g, "$1.js'"));
}
