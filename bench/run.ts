// Measures the figures of docs/proof.md: npm run bench. With --quick it only checks whether goals are missed.
import { readFileSync, writeFileSync } from 'node:fs';
import { arch, cpus, platform } from 'node:os';
import { parseArgs } from 'node:util';
import { measureFirstAnswer } from './first-answer.ts';
import { measureGrowth } from './growth.ts';
import { measureLoading } from './load.ts';
import { measurePathological } from './pathological.ts';
import { measureRequests } from './requests.ts';
import { lostGoals, type Sections, toTable } from './results.ts';

const file = new URL('./results.json', import.meta.url);
const { quick } = parseArgs({ options: { quick: { type: 'boolean', default: false } } }).values;
const rounds = quick ? 7 : 41;
const fewRounds = quick ? 5 : 21;

const results: Sections = {
  firstAnswer: await measureFirstAnswer(fewRounds),
  ratios: [...(await measureLoading(fewRounds)), ...(await measureRequests(rounds))],
  growth: await measureGrowth(fewRounds),
  pathological: await measurePathological(fewRounds),
};
for (const [name, section] of Object.entries(results)) console.log(`${name}\n${toTable(section)}`);

if (quick) {
  const before: { results: Sections } = JSON.parse(readFileSync(file, 'utf8'));
  const lost = lostGoals(before.results, results);
  for (const line of lost) console.error(line);
  process.exitCode = lost.length > 0 ? 1 : 0;
} else {
  const machine = {
    cpu: cpus()[0]?.model ?? '',
    cores: cpus().length,
    platform: `${platform()} ${arch()}`,
    node: process.version,
  };
  writeFileSync(file, `${JSON.stringify({ machine, results }, null, 2)}\n`);
}
