// Plain JavaScript for any Node: it says what is missing before anything that needs Node 24 or the packages is loaded.
import { existsSync } from 'node:fs';

if (!existsSync(new URL('../node_modules/fauxqs', import.meta.url))) {
  console.error('Dependencies are not installed: run "npm ci" first.');
  process.exit(1);
}
if (Number(process.versions.node.split('.')[0]) < 24) {
  console.error(`This runs on Node 24, not ${process.version}: start it with "npm start", which brings its own.`);
  process.exit(1);
}
await import('./main.ts');
