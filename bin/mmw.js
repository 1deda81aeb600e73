#!/usr/bin/env node
// In the repository the sources run as they are; the package has them compiled, as Node strips no types there.
import { existsSync } from 'node:fs';

const source = new URL('./mmw.ts', import.meta.url);
const [file, oldest] = existsSync(source) ? [source.href, 22] : ['../dist/bin/mmw.js', 20];
if (Number(process.versions.node.split('.')[0]) < oldest) {
  console.error(
    `This runs on Node ${oldest} or newer, not ${process.version}: in the repository use "npx mmw", which brings its own.`,
  );
  process.exit(1);
}
await import(file);
