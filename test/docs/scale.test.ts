import { expect, test } from '@jest/globals';
import { usage } from '../../docs/costs.ts';
import { consumerUsage, scaleTable } from '../../docs/scale.ts';

/** What the table says about the concurrency of a new account. */
const ofNewAccount = (rate: number) =>
  scaleTable([rate])
    .split('\n')
    .find((line) => line.includes('concurrency of a new account'))
    ?.split('|')
    .at(-2)
    ?.trim();

/** Executions in a burst of twice the rate, beside a consumer that keeps up. */
function executions(rate: number): number {
  const ofConsumer = Math.max(consumerUsage.maxConcurrency, (rate * consumerUsage.event) / 1000);
  return (2 * rate * usage.accepted) / 1000 + ofConsumer;
}

test.each(Array.from({ length: 40 }, (_, index) => (index + 1) * 10))(
  'the concurrency of a new account is enough for receiver and consumer together, or is not, at %d a second',
  (rate) => {
    if (executions(rate) <= 10) expect(ofNewAccount(rate)).toBe('enough');
    else expect(ofNewAccount(rate)).toMatch(/^\*\*raise to 1[1-9]|2\d\*\*$/);
  },
);
