#!/usr/bin/env node
// In the repository the sources run as they are; the package has them compiled, as Node strips no types there.
import { existsSync } from 'node:fs';

if (Number(process.versions.node.split('.')[0]) < 22) {
  console.error(
    `This runs on Node 22 or newer, not ${process.version}: in the repository use "npx mmw", which brings its own.`,
  );
  process.exit(1);
}
const source = new URL('./mmw.ts', import.meta.url);
await import(existsSync(source) ? source.href : '../dist/bin/mmw.js');
