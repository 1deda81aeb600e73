// Measures the figures of docs/proof.md: npm run bench. With --quick it only checks whether goals are missed, and with
// --runtime-client it only shows what a first webhook waits for under AWS's own runtime client.
import { readFileSync, writeFileSync } from 'node:fs';
import { arch, cpus, platform } from 'node:os';
import { parseArgs } from 'node:util';
import { measureFirstAnswer } from './first-answer.ts';
import { measureGrowth } from './growth.ts';
import { measureHeap } from './heap.ts';
import { measureLoading } from './load.ts';
import { measurePathological } from './pathological.ts';
import { measurePeers } from './peers.ts';
import { measureRequests } from './requests.ts';
import { lostGoals, type Sections, toTable } from './results.ts';
import { measureRuntimeClient } from './runtime-client.ts';

const file = new URL('./results.json', import.meta.url);
const option = { type: 'boolean', default: false } as const;
const { quick, 'runtime-client': isOfClient } = parseArgs({
  options: { quick: option, 'runtime-client': option },
}).values;
const rounds = quick ? 7 : 41;
const fewRounds = quick ? 5 : 21;

if (isOfClient) {
  console.log(toTable(await measureRuntimeClient(fewRounds)));
  process.exit();
}

const loading = await measureLoading(fewRounds);
const requests = await measureRequests(rounds);
const heap = await measureHeap(quick ? 3 : 9);
const results: Sections = {
  firstAnswer: await measureFirstAnswer(fewRounds),
  ratios: [...loading, ...requests.results],
  growth: [...(await measureGrowth(fewRounds)), heap.result],
  pathological: await measurePathological(fewRounds),
  peers: await measurePeers(rounds),
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
  /** CPU of one request, with which docs/costs.ts computes: it holds for this machine alone. */
  const { milliseconds } = requests;
  const heapMegabytes = heap.megabytes;
  writeFileSync(file, `${JSON.stringify({ machine, milliseconds, heapMegabytes, results }, null, 2)}\n`);
}
