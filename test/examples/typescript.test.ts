import { fileURLToPath } from 'node:url';
import { describeConsumer } from './consumer-suite.ts';

describeConsumer('the consumer in TypeScript', [
  process.execPath,
  fileURLToPath(new URL('run-typescript.ts', import.meta.url)),
]);
