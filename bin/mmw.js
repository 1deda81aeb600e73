#!/usr/bin/env node
// In the repository the sources run as they are; the package has them compiled, as Node strips no types there.
import { existsSync } from 'node:fs';

const source = new URL('./mmw.ts', import.meta.url);
await import(existsSync(source) ? source.href : '../dist/bin/mmw.js');
