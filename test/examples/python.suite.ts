import { fileURLToPath } from 'node:url';
import { describeConsumer } from './consumer-suite.ts';

const { PYTHON = 'python3' } = process.env;
const runner = fileURLToPath(new URL('../../examples/python/tests/run_handler.py', import.meta.url));

describeConsumer('the consumer in Python', [PYTHON, runner]);
