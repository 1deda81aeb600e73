import { readFileSync } from 'node:fs';
import { expect, test } from '@jest/globals';
import { perDayOfFlood, perMillion, perMonth } from '../../docs/costs.ts';

const readme = readFileSync(new URL('../../README.md', import.meta.url), 'utf8');

test.each([perMillion, perMonth, perDayOfFlood])('the README has the table of docs/costs.ts: %p', (table) => {
  expect(readme).toContain(table());
});
