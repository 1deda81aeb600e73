import { readFileSync, writeFileSync } from 'node:fs';
import type { Result } from '../bench/measure.ts';
import { constructs, read, reading, settings, table } from './api.ts';

/** What `npm run bench` measured last. */
type Measured = { machine: Record<string, string>; results: Record<'firstAnswer' | 'ratios', Result[]> };
const { machine, results }: Measured = JSON.parse(read('bench/results.json'));

/** What is computed, by page and by the name between the markers `<!-- name -->` and `<!-- /name -->`. */
const computed: Record<string, Record<string, () => string>> = {
  'api.md': { constructs, reading },
  'settings.md': { settings },
  'proof.md': {
    machine: () =>
      `Measured on ${machine.cores} cores of ${machine.cpu}, ${machine.platform}, Node ${machine.node?.slice(1)}. Only the ratios hold on other machines.`,
    ratios: () => ratioTable(results.ratios),
    firstAnswer: () => ratioTable(results.firstAnswer),
  },
};

function ratioTable(rows: Result[]): string {
  const cells = rows.map(({ what, against, ratio, spread, goal }) => {
    const aim = goal === null ? '' : `${goal.toFixed(2)}${ratio <= goal ? ', met' : ', not met'}`;
    return [what, against, ratio.toFixed(2), `± ${spread.toFixed(2)}`, aim];
  });
  return table(['what is measured', 'against', 'ratio', 'spread', 'goal'], cells);
}

/** Every page with computed parts: its file, its text, and what the text should be. */
export function pages(): { file: URL; text: string; expected: string }[] {
  return Object.entries(computed).map(([name, parts]) => {
    const file = new URL(name, import.meta.url);
    const text = readFileSync(file, 'utf8');
    const expected = Object.entries(parts).reduce((page, [part, compute]) => replacePart(page, part, compute()), text);
    return { file, text, expected };
  });
}

function replacePart(page: string, name: string, content: string): string {
  const part = new RegExp(`(?<=<!-- ${name} -->\n).*?(?=<!-- /${name} -->)`, 's');
  if (!part.test(page)) throw new Error(`There is no place for ${name}: the page must hold its two markers.`);
  return page.replace(part, () => `${content}\n`);
}

if (import.meta.main) for (const { file, expected } of pages()) writeFileSync(file, expected);
