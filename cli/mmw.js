#!/usr/bin/env node
// In the repository the sources run as they are. The package has compiled ones, because Node strips no types there.
import { existsSync } from 'node:fs';

const source = new URL('./mmw.ts', import.meta.url);
const [file, oldest] = existsSync(source) ? [source.href, 22] : ['../dist/bin/mmw.js', 20];
if (Number(process.versions.node.split('.')[0]) < oldest) {
  console.error(
    `This needs Node ${oldest} or newer, but runs on ${process.version}: in the repository use "npx mmw", which has its own Node.`,
  );
  process.exit(1);
}
await import(file);
