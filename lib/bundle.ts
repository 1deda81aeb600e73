import { readFileSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { resolve } from 'node:path';
import type { BuildOptions, Metafile } from 'esbuild';
import { libFolder } from './folder.cjs';

/** A file in `lambda/` that exports `handler`, without its extension. */
export type BundledEntry = keyof typeof budgets;

/** File of the function's handler in its bundle, without its extension. */
export const bundleEntry = 'index';

/**
 * Bundles a function from `lambda/` into a folder. It prefers ES modules, includes the SDK, and puts code that is loaded
 * on demand into separate files. Only the repository can do this; the package has its functions bundled.
 *
 * @param root folder that has `lambda` and `node_modules`
 * @returns which file contains what
 * @throws {Error} when the function loads more at its start than the budget allows
 */
export function bundle(entry: BundledEntry, outdir: string, root = projectRoot): Metafile {
  const later = onDemand[entry] ?? [];
  const start = build(outdir, {
    absWorkingDir: root,
    entryPoints: { [bundleEntry]: `lambda/${entry}.ts` },
    external: later.map((name) => `./${name}.ts`),
    alias: later.length > 0 ? { ...replaced, ...replacedAtStart } : replaced,
  });
  // esbuild leaves the path of what is external as the source has it. The second build names these files so:
  for (const path of later.length > 0 ? Object.keys(start.outputs) : []) {
    const file = resolve(root, path);
    const rename = (code: string, name: string) => code.split(`"./${name}.ts"`).join(`"./${name}.mjs"`);
    writeFileSync(file, later.reduce(rename, readFileSync(file, 'utf8')));
  }
  const entryPoints = Object.fromEntries(later.map((name) => [name, `lambda/${name}.ts`]));
  const rest = build(outdir, { absWorkingDir: root, entryPoints, alias: replaced });
  const metafile = { inputs: { ...rest.inputs, ...start.inputs }, outputs: { ...rest.outputs, ...start.outputs } };
  const loaded = loadedAtStart(metafile).reduce((sum, { bytes }) => sum + bytes, 0);
  const mostLoaded = budgets[entry];
  if (loaded > mostLoaded)
    throw new Error(
      `${entry} loads ${loaded} bytes at its start, at most ${mostLoaded} are allowed. What is in it:\n${esbuild().analyzeMetafileSync(metafile)}`,
    );
  return metafile;
}

/**
 * Modules that a function loads on demand. They are bundled in a second build, with their own copy of shared code. In a
 * single build esbuild would put shared code into common files, and the start would load parts that only these use.
 */
const onDemand: Partial<Record<BundledEntry, string[]>> = {
  handler: ['event/overflow-store'],
};

/** Modules that are replaced; the comments in the replacements say why. */
const replaced = {
  '@aws-sdk/credential-provider-node': './lambda/default-credentials.ts',
  'node:process': './lambda/node-process.ts',
};

/** Modules that are replaced in what the receiver loads at its start. */
const replacedAtStart = {
  'node:fs': './lambda/node-fs.ts',
  'node:zlib': './lambda/node-zlib.ts',
  // Not replaced. Without this line the first one would hold for it too.
  'node:fs/promises': 'fs/promises',
};

/** Only the repository has esbuild, and a package that is only used never gets here. */
function esbuild(): {
  buildSync(options: BuildOptions): { metafile: Metafile };
  analyzeMetafileSync(of: Metafile): string;
} {
  return createRequire(`${libFolder}/`)('esbuild');
}

function build(outdir: string, options: BuildOptions): Metafile {
  return esbuild().buildSync({
    outdir,
    outExtension: { '.js': '.mjs' },
    bundle: true,
    splitting: true,
    format: 'esm',
    platform: 'node',
    target: 'node24',
    mainFields: ['module', 'main'],
    minify: true,
    metafile: true,
    logLevel: 'warning',
    ...options,
  }).metafile;
}

/** What a function may load before its first request, in bytes. The receiver's counts: it answers a sender that waits. */
const budgets = {
  handler: 215_000,
  'rotation-handler': 200_000,
  'reconcile-handler': 430_000,
  'archive-handler': 420_000,
};

export const bundledEntries = Object.keys(budgets) as BundledEntry[];

/** The files of a bundle that are loaded before the first request: all except those imported on demand. */
export function loadedAtStart({ outputs }: Metafile): Metafile['outputs'][string][] {
  const found = new Set<string>();
  const visit = (path: string) => {
    if (found.has(path) || outputs[path] === undefined) return;
    found.add(path);
    for (const { kind, path: next } of outputs[path].imports) if (kind === 'import-statement') visit(next);
  };
  for (const path of Object.keys(outputs)) if (path.endsWith(`/${bundleEntry}.mjs`)) visit(path);
  return [...found].flatMap((path) => outputs[path] ?? []);
}

/** Folder of the repository. */
export const projectRoot = resolve(libFolder, '..');
