import { describeBadDays } from './bad-days-suite.ts';
import { consumers } from './process.ts';

describeBadDays('the consumer in TypeScript', consumers.typescript);
