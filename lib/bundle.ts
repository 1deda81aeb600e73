import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';
import type { BuildOptions, Metafile } from 'esbuild';

/** A file in `lambda/` that exports `handler`, without its extension. */
export type BundledEntry = keyof typeof budgets;

/** File of the function's handler in its bundle, without its extension. */
export const bundleEntry = 'index';

/**
 * Bundles a function from `lambda/` into a folder. It prefers ES modules, includes the SDK, and puts code that is loaded
 * on demand into separate files. Only the repository can do this; the package has its functions bundled.
 *
 * @returns which file contains what
 * @throws {Error} when the function loads more at its start than the budget allows
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
    throw new Error(
      `${entry} loads ${loaded} bytes at its start, at most ${mostLoaded} are allowed: node bench/bundle.ts`,
    );
  return metafile;
}

/** What a function may load before its first request, in bytes. It matters most for the receiver, whose sender waits. */
const budgets = { handler: 275_000, 'rotation-handler': 215_000, 'reconcile-handler': 440_000 };

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

const projectRoot = fileURLToPath(new URL('..', import.meta.url));
