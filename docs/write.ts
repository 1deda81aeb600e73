import { readFileSync, writeFileSync } from 'node:fs';
import { ofConsumer } from './consumer-costs.ts';
import { ofArchive, perDayOfFlood, perMillion, perMonth } from './costs.ts';
import { ofFanOut } from './fan-out-costs.ts';
import { measuredOn, performanceTable } from './performance.ts';
import { scaleTable } from './scale.ts';
import { settingsTable } from './settings.ts';

/** What is computed, by page and by the name between the markers `<!-- name -->` and `<!-- /name -->`. */
const computed: Record<string, Record<string, () => string>> = {
  'settings.md': { settings: settingsTable },
  'proof.md': {
    machine: measuredOn,
    ratios: () => performanceTable('ratios'),
    firstAnswer: () => performanceTable('firstAnswer'),
  },
  'costs.md': {
    million: perMillion,
    month: perMonth,
    consumer: ofConsumer,
    archive: ofArchive,
    fanOut: ofFanOut,
    flood: perDayOfFlood,
    scale: scaleTable,
  },
};

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
