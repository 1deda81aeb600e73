// Bundles the functions for the package: npm run build:functions
import { bundle } from './bundle.ts';

for (const entry of ['handler', 'rotation-handler', 'reconcile-handler', 'archive-handler'] as const)
  bundle(entry, `dist/functions/${entry}`);
