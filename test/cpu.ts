/** Most CPU time that reading one input may take, in milliseconds: what is hostile must not cost much. */
export const mostCpu = 50;

/** How often an input that seemed slow is measured again: on a busy machine, the least is what it costs. */
const repetitions = 8;

/** Runs something, and gives the CPU time of this thread that it took, in milliseconds. */
export async function measureCpu<Result>(run: () => Promise<Result>): Promise<{ result: Result; cpu: number }> {
  const start = process.threadCpuUsage();
  const result = await run();
  const { user, system } = process.threadCpuUsage(start);
  return { result, cpu: (user + system) / 1_000 };
}

/** Text that takes a few clock ticks to parse and to write. */
const sample = JSON.stringify(
  Array.from({ length: 40_000 }, (_, index) => ({ id: String(index), text: 'Hello', index })),
);

let fastest = Number.POSITIVE_INFINITY;

/** How much slower this thread works now than it did at its best: 1 or more. */
async function slowness(): Promise<number> {
  const { cpu } = await measureCpu(async () => JSON.stringify(JSON.parse(sample)));
  fastest = Math.min(fastest, cpu);
  return fastest > 0 ? cpu / fastest : 1;
}

/**
 * What something costs for certain, in milliseconds of CPU time. Garbage collection and other programs add to one
 * measurement, never to each of several; and what makes the whole machine slow is taken out.
 *
 * @param first what it took before
 * @param most what it may take: only above it is it done again
 * @param measure does it again
 */
export async function leastCpu(first: number, most: number, measure: () => Promise<number>): Promise<number> {
  let least = first;
  for (let count = 0; count < repetitions && least > most; count++) {
    const slow = least > mostCpu ? await slowness() : 1;
    least = Math.min(least, (await measure()) / slow);
  }
  return least;
}
