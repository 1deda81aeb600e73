import { expect, test } from '@jest/globals';
import { perMonth, polling } from '../../docs/costs.ts';

test('Lambda polls an empty queue five times at once, for 20 seconds each', () => {
  const receives = 5 * 3 * 60 * 24 * 30;
  expect(polling('FIFO')).toBeCloseTo((receives / 1_000_000) * 0.5, 10);
  expect(polling('standard')).toBeCloseTo((receives / 1_000_000) * 0.4, 10);
});

test('a KMS key costs a dollar more after each of its first two rotations', () => {
  const dollars = perMonth()
    .match(/^\| KMS.*\$\d+\.00 \|$/gm)
    ?.map((row) => /\d+\.00/.exec(row)?.[0]);
  expect(dollars).toEqual(['1.00', '2.00', '3.00']);
});
