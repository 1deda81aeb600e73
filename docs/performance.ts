import { readFileSync } from 'node:fs';

interface Result {
  what: string;
  against: string;
  ratio: number;
  spread: number;
  goal: number | null;
}

interface Measured {
  machine: { cpu: string; cores: number; platform: string; node: string };
  results: Record<'firstAnswer' | 'ratios' | 'growth' | 'pathological' | 'peers', Result[]>;
}

const read = (): Measured => JSON.parse(readFileSync(new URL('../bench/results.json', import.meta.url), 'utf8'));

/** The ratios that `npm run bench` measured last, in one of its sections. */
export function performanceTable(section: keyof Measured['results']): string {
  const rows = read().results[section].map(({ what, against, ratio, spread, goal }) => {
    const aim = goal === null ? '' : `${goal.toFixed(2)}${ratio <= goal ? ', met' : ', not met'}`;
    return `| ${what} | ${against} | ${ratio.toFixed(2)} | ± ${spread.toFixed(2)} | ${aim} |`;
  });
  return ['| what is measured | against | ratio | spread | goal |', '|---|---|---:|---:|---|', ...rows].join('\n');
}

/** The machine of all ratios. */
export function measuredOn(): string {
  const { cpu, cores, platform, node } = read().machine;
  return `Measured on ${cores} cores of ${cpu}, ${platform}, Node ${node.slice(1)}. Only the ratios hold on other machines.`;
}
