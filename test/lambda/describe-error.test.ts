import { expect, test } from '@jest/globals';
import { describeError } from '../../lambda/log.ts';

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
