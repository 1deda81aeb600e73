// Prints what the deployed functions load, by package: node bench/bundle.ts
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { bundle, loadedAtStart } from '../lib/bundle.ts';
import { formatTable } from '../terminal/output.ts';

for (const entry of ['handler', 'rotation-handler', 'reconcile-handler', 'archive-handler'] as const) {
  const folder = mkdtempSync(join(tmpdir(), 'bundle-'));
  const metafile = bundle(entry, folder);
  rmSync(folder, { recursive: true });
  const atStart = loadedAtStart(metafile);
  const sizes = new Map<string, { atStart: number; all: number }>();
  for (const output of Object.values(metafile.outputs)) {
    for (const [file, { bytesInOutput }] of Object.entries(output.inputs)) {
      const name = /node_modules\/((?:@[^/]+\/)?[^/]+)/.exec(file)?.[1] ?? 'our own';
      const size = sizes.get(name) ?? { atStart: 0, all: 0 };
      size.all += bytesInOutput;
      if (atStart.includes(output)) size.atStart += bytesInOutput;
      sizes.set(name, size);
    }
  }
  const rows = [...sizes].sort(([, one], [, other]) => other.atStart - one.atStart || other.all - one.all);
  const total = { atStart: 0, all: 0 };
  for (const [, size] of rows) {
    total.atStart += size.atStart;
    total.all += size.all;
  }
  const cells = [...rows, ['all', total] as const].map(([name, size]) => [
    name,
    String(size.atStart),
    String(size.all),
  ]);
  console.log(`${entry}\n${formatTable(['package', 'bytes at start', 'bytes in all'], cells)}\n`);
}
