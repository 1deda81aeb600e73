// Plain JavaScript for any Node, so that it can say what is missing before it loads code that needs Node 24 or packages.
import { existsSync } from 'node:fs';

if (!existsSync(new URL('../node_modules/fauxqs', import.meta.url))) {
  console.error('Dependencies are not installed: run "npm ci" first.');
  process.exit(1);
}
if (Number(process.versions.node.split('.')[0]) < 24) {
  console.error(`This needs Node 24, but runs on ${process.version}: use "npm start", which has its own Node.`);
  process.exit(1);
}
await import('./main.ts');
