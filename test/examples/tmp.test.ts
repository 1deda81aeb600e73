import { fileURLToPath } from 'node:url';
import { describeBadDays } from './bad-days-suite.ts';

describeBadDays('the consumer in TypeScript', [
  process.execPath,
  '--conditions=messagemedia-source',
  fileURLToPath(new URL('run-typescript.ts', import.meta.url)),
]);
