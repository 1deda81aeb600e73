// Prints what is in the deployed functions, the largest first: node bench/bundle.ts
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { analyzeMetafileSync } from 'esbuild';
import { bundle, bundledEntries } from '../lib/bundle.ts';

for (const entry of bundledEntries) {
  const folder = mkdtempSync(join(tmpdir(), 'bundle-'));
  console.log(`${entry}\n${analyzeMetafileSync(bundle(entry, folder))}`);
  rmSync(folder, { recursive: true });
}
