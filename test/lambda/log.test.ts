import { afterEach, beforeEach, expect, jest, test } from '@jest/globals';
import { createLog, describeError } from '../../lambda/log.ts';
import { type RecordedLog, recordLog } from '../recorded-log.ts';

const environment = { ...process.env };
let output: RecordedLog;
beforeEach(() => {
  output = recordLog();
});
afterEach(() => {
  jest.restoreAllMocks();
  process.env = { ...environment };
});

const log = createLog('receiver');

test.each([
  ['info', 'INFO'],
  ['warn', 'WARN'],
  ['error', 'ERROR'],
] as const)('%s is one line of JSON', (method, level) => {
  delete process.env._X_AMZN_TRACE_ID;
  log[method]('two\nlines', { id: 'a', skipped: undefined });
  expect(output.text.match(/\n/g)).toEqual(['\n']);
  const timestamp = expect.stringMatching(/^\d{4}-\d\d-\d\dT.*Z$/);
  expect(JSON.parse(output.text)).toEqual({ level, message: 'two\nlines', timestamp, service: 'receiver', id: 'a' });
});

test('a line has the trace that Lambda is in', () => {
  process.env._X_AMZN_TRACE_ID = 'Root=1-a-b;Parent=c;Sampled=1';
  log.info('traced');
  expect(JSON.parse(output.text)).toMatchObject({ xray_trace_id: '1-a-b' });
});

test.each([
  ['info', undefined, [['service']]],
  ['warn', [['service', 'reason']], [['service', 'reason']]],
  ['error', [[]], [[]]],
] as const)('a line of %s has its metrics in the embedded format', (method, dimensions, expected) => {
  log[method]('counted', undefined, { values: { Refused: 1, Age: 2 }, ...(dimensions && { dimensions }) });
  const line = JSON.parse(output.text);
  expect(line).toMatchObject({ Refused: 1, Age: 2 });
  expect(line._aws).toEqual({
    Timestamp: Date.parse(line.timestamp),
    CloudWatchMetrics: [
      {
        Namespace: 'MessageMediaWebhooks',
        Dimensions: expected,
        Metrics: [
          { Name: 'Refused', Unit: 'Count' },
          { Name: 'Age', Unit: 'Seconds' },
        ],
      },
    ],
  });
});

test.each([
  [new TypeError('no'), 'TypeError: no'],
  [new Error('no', { cause: new RangeError('so', { cause: 'why' }) }), 'Error: no <- RangeError: so <- why'],
  [Object.assign(new Error('no'), { request: 'secret' }), 'Error: no'],
  ['text', 'text'],
  [null, 'null'],
  [undefined, undefined],
])('an error is its name, its message and its causes: %s', (error, expected) => {
  expect(describeError(error)).toBe(expected);
});
