import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { BuildOptions, Metafile } from 'esbuild';

/** A file in `lambda/` that exports `handler`, without its ending. */
export type BundledEntry = keyof typeof budgets;

/** File of the function's handler in its bundle, without its ending. */
export const bundleEntry = 'index';

/**
 * Bundles a function out of `lambda/` into a folder: ES modules first, with the SDK, and what is loaded on demand in files
 * of its own. Only the repository can do this; the package has its functions bundled.
 *
 * @returns what is in which file
 * @throws {Error} when more is loaded at the start than the budget allows
 */
export function bundle(entry: BundledEntry, outdir: string): Metafile {
  const later = onDemand[entry] ?? [];
  const start = build(outdir, {
    entryPoints: { [bundleEntry]: `lambda/${entry}.ts` },
    external: later.map((name) => `./${name}.ts`),
    alias: later.length > 0 ? { ...replaced, 'node:zlib': './lambda/node-zlib.ts' } : replaced,
  });
  // The other build writes them with this ending.
  for (const file of readdirSync(outdir)) {
    const path = join(outdir, file);
    const source = readFileSync(path, 'utf8');
    writeFileSync(path, source.replace(/\bimport\("(\.\/[\w/-]+)\.ts"\)/g, 'import("$1.mjs")'));
  }
  const entryPoints = Object.fromEntries(later.map((name) => [name, `lambda/${name}.ts`]));
  const rest = build(outdir, { entryPoints, alias: replaced });
  const metafile = { inputs: { ...rest.inputs, ...start.inputs }, outputs: { ...rest.outputs, ...start.outputs } };
  const loaded = loadedAtStart(metafile).reduce((sum, { bytes }) => sum + bytes, 0);
  const mostLoaded = budgets[entry];
  if (loaded > mostLoaded)
    throw new Error(`${entry} loads ${loaded} bytes at its start, and ${mostLoaded} is the most: node bench/bundle.ts`);
  return metafile;
}

/**
 * What a function loads on demand and that is bundled apart, with a copy of its own of what it needs. In one build esbuild
 * would share files between the two, and of a file that both need, the start would load what only the other uses.
 */
const onDemand: Partial<Record<BundledEntry, string[]>> = {
  handler: ['event/overflow-store', 'receiver/capture-store'],
};

/** What takes the place of other modules, see there. */
const replaced = {
  '@aws-sdk/credential-provider-node': './lambda/default-credentials.ts',
  'node:process': './lambda/node-process.ts',
};

function build(outdir: string, options: BuildOptions): Metafile {
  const esbuild: { buildSync(options: BuildOptions): { metafile: Metafile } } = createRequire(import.meta.url)(
    'esbuild',
  );
  return esbuild.buildSync({
    absWorkingDir: projectRoot,
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
const budgets = { handler: 210_000, 'rotation-handler': 200_000, 'reconcile-handler': 430_000 };

/** The files of a bundle that are loaded before the first request: all but what is imported on demand. */
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

const projectRoot = fileURLToPath(new URL('..', import.meta.url));
