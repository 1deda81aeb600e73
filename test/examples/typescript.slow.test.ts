import { fileURLToPath } from 'node:url';
import { describeConsumer } from './consumer-suite.ts';

describeConsumer('the consumer in TypeScript', [
  process.execPath,
  // In the repository the package's imports lead to its sources, see "exports" in package.json.
  '--conditions=messagemedia-source',
  fileURLToPath(new URL('run-typescript.ts', import.meta.url)),
]);
