import { afterAll, afterEach, beforeAll, expect, jest, test } from '@jest/globals';
import { simulate } from '../../cli/simulate.ts';
import { type Catcher, startCatcher } from '../sandbox/messagemedia/fixture.ts';
import { makeKey } from '../support.ts';

let catcher: Catcher;
beforeAll(async () => {
  catcher = await startCatcher();
});
afterAll(() => catcher.close());
afterEach(() => {
  jest.useRealTimers();
  catcher.caught.length = 0;
});

test.each([
  [undefined, 'Wed, 04 Nov 2026 06:33:52 GMT'],
  [true, 'Wed, 4 Nov 2026 06:33:52 GMT'],
])('the signed Date has two digits of the day, or one: %s', async (oneDigitDays, date) => {
  const all = ['hrtime', 'nextTick', 'performance', 'queueMicrotask', 'setImmediate', 'clearImmediate'] as const;
  const timers = ['setInterval', 'clearInterval', 'setTimeout', 'clearTimeout'] as const;
  jest.useFakeTimers({ now: Date.parse('2026-11-04T06:33:52Z'), doNotFake: [...all, ...timers] });
  const result = await simulate({ url: `${catcher.url}/hook`, key: makeKey(), rate: 1_000, count: 2, oneDigitDays });
  expect(result).toMatchObject({ sent: 2, statuses: { 200: 2 } });
  expect(catcher.caught).toMatchObject([{ headers: { date } }, { headers: { date } }]);
});
