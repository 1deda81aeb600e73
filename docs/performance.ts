import { readFileSync } from 'node:fs';

interface Results {
  machine: { cpu: string; cores: number; platform: string; node: string };
  results: { what: string; against: string; ratio: number; spread: number; goal: number | null }[];
}

/** The ratios that `npm run bench` measured last, with the machine that it ran on. */
export function performanceTable(): string {
  const file = new URL('../bench/results.json', import.meta.url);
  const { machine, results }: Results = JSON.parse(readFileSync(file, 'utf8'));
  const rows = results.map(({ what, against, ratio, spread, goal }) => {
    const aim = goal === null ? '' : `${goal.toFixed(2)}${ratio <= goal ? ', met' : ', not met'}`;
    return `| ${what} | ${against} | ${ratio.toFixed(2)} | ± ${spread.toFixed(2)} | ${aim} |`;
  });
  const { cpu, cores, platform, node } = machine;
  return [
    '| CPU time of | against | ratio | spread | goal |',
    '|---|---|---:|---:|---|',
    ...rows,
    '',
    `Measured on ${cores} cores of ${cpu}, ${platform}, Node ${node.slice(1)}. Only the ratios hold on other machines.`,
  ].join('\n');
}
