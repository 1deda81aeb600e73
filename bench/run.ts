// Measures the figures of docs/proof.md: npm run bench. With --quick it only checks whether goals are missed.
import { readFileSync, writeFileSync } from 'node:fs';
import { arch, cpus, platform } from 'node:os';
import { parseArgs } from 'node:util';
import { formatTable } from '../terminal/output.ts';
import { measureFirstAnswer } from './first-answer.ts';
import { measureLoading } from './loading.ts';
import { lostGoals, type Sections } from './measure.ts';
import { measureBodies, measureHmac, measureKeys, measureRequests } from './requests.ts';

const file = new URL('./results.json', import.meta.url);
const { quick } = parseArgs({ options: { quick: { type: 'boolean', default: false } } }).values;
const rounds = quick ? 7 : 41;
const fewRounds = quick ? 3 : 21;

const results: Sections = {
  firstAnswer: await measureFirstAnswer(fewRounds),
  ratios: [...(await measureLoading(fewRounds)), ...(await measureRequests(rounds))],
  others: [...(await measureKeys(rounds)), ...(await measureBodies(fewRounds)), ...(await measureHmac(fewRounds))],
};
for (const [name, section] of Object.entries(results)) {
  const rounded = (value: number | null) => value?.toFixed(2) ?? '';
  const cells = section.map(({ what, against, ratio, spread, goal }) => [
    ...[what, against, rounded(ratio), `± ${rounded(spread)}`, rounded(goal)],
  ]);
  console.log(`${name}\n${formatTable(['what', 'against', 'ratio', 'spread', 'goal'], cells)}`);
}

if (quick) {
  const before: { results: Sections } = JSON.parse(readFileSync(file, 'utf8'));
  const lost = lostGoals(before.results, results);
  for (const line of lost) console.error(line);
  process.exitCode = lost.length > 0 ? 1 : 0;
} else {
  const [{ model: cpu } = { model: '' }, ...more] = cpus();
  const machine = { cpu, cores: more.length + 1, platform: `${platform()} ${arch()}`, node: process.version };
  writeFileSync(file, `${JSON.stringify({ machine, results }, null, 2)}\n`);
}
