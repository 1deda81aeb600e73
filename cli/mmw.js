#!/usr/bin/env node
// In the repository the sources run as they are. The package has compiled ones, because Node strips no types there.
import { existsSync } from 'node:fs';

const source = new URL('./mmw.ts', import.meta.url);
const [file, oldest] = existsSync(source) ? [source.href, [22, 18]] : ['./dist/cli/mmw.js', [22, 12]];
const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);
if (major < oldest[0] || (major === oldest[0] && minor < oldest[1])) {
  console.error(
    `This needs Node ${oldest.join('.')} or newer, but runs on ${process.version}: in the repository use "npx mmw", which has its own Node.`,
  );
  process.exit(1);
}
await import(file);
