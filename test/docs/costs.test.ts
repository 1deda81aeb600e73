import { expect, test } from '@jest/globals';
import { perMonth, polling, usage } from '../../docs/costs.ts';
import { scaleTable } from '../../docs/scale.ts';

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

test.each([10, 1_000])('%i executions are enough for a burst and a consumer, and not for one more', (executions) => {
  const concurrency = (rate: number) =>
    scaleTable([rate])
      .split('\n')
      .find((line) => line.includes(`| ${executions.toLocaleString('en-US')} |`));
  const rate = ((executions - 2) * 1000) / (2 * usage.accepted);
  expect(concurrency(rate - 0.01)).toContain('| enough |');
  expect(concurrency(rate + 0.01)).toContain(`raise to ${(executions + 1).toLocaleString('en-US')}`);
});
