import { describeConsumer } from './consumer-suite.ts';
import { consumers } from './process.ts';

describeConsumer('the consumer in TypeScript', consumers.typescript);
