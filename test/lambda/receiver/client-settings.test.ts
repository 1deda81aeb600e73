import { afterEach, expect, jest, test } from '@jest/globals';
import { answerWithin, clientSettings, deadlines } from '../../../lambda/receiver/client-settings.ts';

afterEach(() => {
  jest.restoreAllMocks();
});

test.each([
  [0, [100, 200, 400, 800, 1_000, 1_000, 1_000]],
  [0.5, [75, 150, 300, 600, 750, 750, 750]],
])(
  'eight tries are made, with pauses that grow to a second, up to half of each random: %d',
  async (random, expected) => {
    jest.spyOn(Math, 'random').mockReturnValue(random);
    const pauses: unknown[] = [];
    jest.spyOn(globalThis, 'setTimeout').mockImplementation(((ended: () => void, milliseconds: number) => {
      pauses.push(milliseconds);
      ended();
    }) as never);
    const { retryStrategy } = clientSettings();
    let token = await retryStrategy.acquireInitialRetryToken('scope');
    for (const _pause of expected)
      token = await retryStrategy.refreshRetryTokenForRetry(token, { errorType: 'TRANSIENT' });
    await expect(retryStrategy.refreshRetryTokenForRetry(token, { errorType: 'TRANSIENT' })).rejects.toThrow();
    expect(pauses).toEqual(expected);
  },
);

test('all calls of a request that goes slowly end before its answer is due', () => {
  const { load, store, send } = deadlines;
  expect(2 * load + store + send).toBeLessThanOrEqual(answerWithin);
});
