// Measures the figures of docs/performance.md: npm run bench. With --quick it only checks whether goals are missed.
import { readFileSync, writeFileSync } from 'node:fs';
import { arch, cpus, platform } from 'node:os';
import { parseArgs } from 'node:util';
import { formatTable } from '../bin/output.ts';
import { measureLoading } from './load.ts';
import { measureRequests, measureVerification } from './requests.ts';
import { compare, median, type Ratio } from './rounds.ts';

interface Result extends Ratio {
  what: string;
  against: string;
  goal: number;
}

const file = new URL('./results.json', import.meta.url);
const { quick } = parseArgs({ options: { quick: { type: 'boolean', default: false } } }).values;
const rounds = quick ? 7 : 41;

const loading = measureLoading(quick ? 5 : 21);
const requests = await measureRequests(rounds);
const verification = await measureVerification(rounds);
const of = (name: string) => requests[name] ?? [];
const result = (what: string, against: string, goal: number, ratio: Ratio): Result => ({
  what,
  against,
  goal,
  ...ratio,
});

const results: Result[] = [
  result('loading the function', 'its bundle by default', 0.45, compare(loading.ours, loading.byDefault)),
  result('loading the function', "Node's own HTTPS and crypto", 1.5, compare(loading.ours, loading.bare)),
  result('an accepted webhook', 'a bare SendMessage', 1.15, compare(of('accepted'), of('send'))),
  result(
    'an accepted webhook of 0.9 MB',
    'a bare SendMessage of it',
    1.3,
    compare(of('acceptedLarge'), of('sendLarge')),
  ),
  result('an unsigned request', 'an accepted webhook', 0.04, compare(of('unsigned'), of('accepted'))),
  result('a forged request', 'an accepted webhook', 0.15, compare(of('forged'), of('accepted'))),
  result('10 keys', '1 key', 1.05, compare(of('tenKeys'), of('accepted'))),
  result('100 keys', '1 key', 1.05, compare(of('hundredKeys'), of('accepted'))),
  result('our check of a signature', "Node's on a ready key", 1.05, compare(verification.ours, verification.bare)),
  result(
    'a check that parses the key each time',
    "Node's on a ready key",
    Number.NaN,
    compare(verification.keyAnew, verification.bare),
  ),
];

const rounded = (value: number) => (Number.isNaN(value) ? '' : value.toFixed(2));
const rows = results.map(({ what, against, ratio, spread, goal }) => [
  what,
  against,
  rounded(ratio),
  `± ${rounded(spread)}`,
  rounded(goal),
]);
console.log(formatTable(['CPU of', 'against', 'ratio', 'spread', 'goal'], rows));

if (quick) {
  const before: { results: Result[] } = JSON.parse(readFileSync(file, 'utf8'));
  const lost = results.filter(({ ratio, spread, goal }, index) => {
    const was = before.results[index];
    return was !== undefined && was.ratio <= goal && ratio - 2 * Math.max(spread, was.spread, 0.02) > goal;
  });
  for (const { what, against, ratio, goal } of lost)
    console.error(`Goal missed: ${what} against ${against} is ${rounded(ratio)}; before it was at most ${goal}.`);
  process.exitCode = lost.length > 0 ? 1 : 0;
} else {
  const machine = {
    cpu: cpus()[0]?.model ?? '',
    cores: cpus().length,
    platform: `${platform()} ${arch()}`,
    node: process.version,
  };
  /** What docs/costs.ts computes with: it holds for this machine alone. */
  const milliseconds = { accepted: median(of('accepted')), forged: median(of('forged')) };
  writeFileSync(file, `${JSON.stringify({ machine, milliseconds, results }, null, 2)}\n`);
}
