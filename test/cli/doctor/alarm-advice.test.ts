import { readFileSync } from 'node:fs';
import { expect, test } from '@jest/globals';
import { adviceOn, advisedAlarms } from '../../../cli/doctor/alarm-advice.ts';

const page = readFileSync(new URL('../../../docs/operations.md', import.meta.url), 'utf8');
const headings = [...page.matchAll(/^### (.+)$/gm)].map(([, words = '']) => words.toLowerCase().replaceAll(' ', '-'));
/** Every alarm of the runbook's table, with its section. */
const told = [...page.matchAll(/\| \[(\w+)\]\(#([\w-]+)\) \|/g)].map(([, name = '', section = '']) => [name, section]);

test.each(told)('what doctor says of %s is what the section %s is about', (name, section) => {
  const { title, mend } = adviceOn('s', `MonitoringAlarms${name}0123ABCD`, 'unknown');
  expect(mend).toContain(`See docs/operations.md#${section}.`);
  expect(`${title} ${mend}`).not.toMatch(/NAME|unknown/);
});

test('every alarm that doctor knows has a section', () => {
  expect(told.length).toBeGreaterThan(20);
  for (const name of advisedAlarms) {
    const [, section] = /#([\w-]+)/.exec(adviceOn('s', `MonitoringAlarms${name}0123ABCD`, '').mend) ?? [];
    expect(headings).toContain(section);
  }
});

test("of an alarm that is not the project's its own description is told", () => {
  expect(adviceOn('s', 'Mine', 'Look at the lights.')).toMatchObject({
    severity: 'warning',
    mend: 'Look at the lights.',
  });
});
