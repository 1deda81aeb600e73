/** Most CPU time that reading one input may take, in milliseconds: what is hostile must not cost much. */
export const mostCpu = 50;

/** How often an input that seemed slow is measured again: on a busy machine, the least is what it costs. */
const repetitions = 5;

/** Runs something, and gives the CPU time of this thread that it took, in milliseconds. */
export async function measureCpu<Result>(run: () => Promise<Result>): Promise<{ result: Result; cpu: number }> {
  const start = process.threadCpuUsage();
  const result = await run();
  const { user, system } = process.threadCpuUsage(start);
  return { result, cpu: (user + system) / 1_000 };
}

/**
 * What something costs for certain, in milliseconds of CPU time. Garbage collection and other programs add to one
 * measurement, never to each of several.
 *
 * @param first what it took before
 * @param most what it may take: only above it is it done again
 * @param measure does it again
 */
export async function leastCpu(first: number, most: number, measure: () => Promise<number>): Promise<number> {
  let least = first;
  for (let count = 0; count < repetitions && least > most; count++) least = Math.min(least, await measure());
  return least;
}
