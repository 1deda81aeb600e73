import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { buildSync } from 'esbuild';
import { bundle } from '../lib/bundle.ts';
import { type Result, result } from './results.ts';
import { compare, inTurns, type Samples } from './rounds.ts';

/** What a new Node process takes to load the function, against two other things. */
export async function measureLoading(rounds: number): Promise<Result[]> {
  const { ours, byDefault, bare } = await loadInTurns(rounds);
  const what = 'loading the function';
  return [
    result(what, 'its bundle by default', 0.45, compare(ours, byDefault)),
    result(what, "Node's own HTTPS and crypto", 1.9, compare(ours, bare)),
  ];
}

/** CPU milliseconds. */
async function loadInTurns(rounds: number): Promise<Record<'ours' | 'byDefault' | 'bare', Samples>> {
  const folder = mkdtempSync(join(tmpdir(), 'bench-'));
  try {
    bundle('handler', join(folder, 'ours'));
    // The bundle that NodejsFunction makes of a module with a top-level `await`, with the SDK, which needs a `require`.
    buildSync({
      entryPoints: { index: 'lambda/handler.ts' },
      outdir: join(folder, 'default'),
      outExtension: { '.js': '.mjs' },
      ...{ bundle: true, platform: 'node', target: 'node24', format: 'esm', minify: true, logLevel: 'error' },
      banner: { js: "import { createRequire } from 'node:module'; const require = createRequire(import.meta.url);" },
    });
    writeFileSync(join(folder, 'bare.mjs'), "import 'node:https'; import 'node:crypto'; import 'node:stream';\n");
    const load = (file: string) => () => loadInNewNode(join(folder, file));
    const things = { ours: load('ours/index.mjs'), byDefault: load('default/index.mjs'), bare: load('bare.mjs') };
    return await inTurns(things, { rounds });
  } finally {
    rmSync(folder, { recursive: true });
  }
}

function loadInNewNode(file: string): number {
  const script = `const before = process.cpuUsage(); await import(${JSON.stringify(file)});
    const { user, system } = process.cpuUsage(before); console.log((user + system) / 1000);`;
  return Number(execFileSync(process.execPath, ['--input-type=module', '--eval', script], { env: {} }));
}
