import { describeBadDays } from './bad-days-suite.ts';
import { describeConsumer } from './consumer-suite.ts';
import { consumers } from './process.ts';

describeConsumer('the consumer in Python', consumers.python);
describeBadDays('the consumer in Python', consumers.python);
