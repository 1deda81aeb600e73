import { createRequire } from 'node:module';
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
  const esbuild: { buildSync(options: BuildOptions): { metafile: Metafile } } = createRequire(import.meta.url)(
    'esbuild',
  );
  const { metafile } = esbuild.buildSync({
    absWorkingDir: projectRoot,
    entryPoints: { [bundleEntry]: `lambda/${entry}.ts` },
    outdir,
    outExtension: { '.js': '.mjs' },
    bundle: true,
    splitting: true,
    format: 'esm',
    platform: 'node',
    target: 'node24',
    mainFields: ['module', 'main'],
    minify: true,
    keepNames: true,
    alias: { '@aws-sdk/credential-provider-node': './lambda/default-credentials.ts' },
    metafile: true,
    logLevel: 'warning',
  });
  const loaded = loadedAtStart(metafile).reduce((sum, { bytes }) => sum + bytes, 0);
  const mostLoaded = budgets[entry];
  if (loaded > mostLoaded)
    throw new Error(`${entry} loads ${loaded} bytes at its start, and ${mostLoaded} is the most: node bench/bundle.ts`);
  return metafile;
}

/** What a function may load before its first request, in bytes. The receiver's counts: it answers a sender that waits. */
const budgets = {
  handler: 275_000,
  'rotation-handler': 215_000,
  'reconcile-handler': 440_000,
  'archive-handler': 420_000,
};

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
