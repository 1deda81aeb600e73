import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { buildSync } from 'esbuild';
import { bundle } from '../lib/bundle.ts';
import { compare, inTurns, type Result } from './measure.ts';

/** What a new Node process takes to load the function, in CPU, against two other things. */
export async function measureLoading(rounds: number): Promise<Result[]> {
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
    const samples = await inTurns(
      {
        'loading the function': load('ours/index.mjs'),
        'its bundle by default': load('default/index.mjs'),
        "Node's own HTTPS and crypto": load('bare.mjs'),
      },
      { rounds },
    );
    return compare(samples, [
      ['loading the function', 'its bundle by default', 0.45],
      ['loading the function', "Node's own HTTPS and crypto", 1.9],
    ]);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

function loadInNewNode(file: string): number {
  const script = `const before = process.cpuUsage(); await import(${JSON.stringify(file)});
    const { user, system } = process.cpuUsage(before); console.log((user + system) / 1000);`;
  return Number(execFileSync(process.execPath, ['--input-type=module', '--eval', script], { env: {} }));
}
