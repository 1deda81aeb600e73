/** The cost of one thing in each round, in milliseconds of CPU. */
export type Samples = number[];

/** A ratio of two things that were measured in turns. */
export interface Ratio {
  /** Median of the rounds' ratios. */
  ratio: number;
  /** Half the interquartile range of the rounds' ratios. */
  spread: number;
}

/**
 * CPU milliseconds of each thing in each round. Every round measures all things in turns, so that other work on the machine
 * affects them alike.
 *
 * @param times how often a thing is done in one turn
 * @param warmUp how many rounds come first and do not count
 */
export async function measure<Name extends string>(
  things: Record<Name, () => unknown>,
  { rounds, times, warmUp = 1 }: { rounds: number; times: number; warmUp?: number },
): Promise<Record<Name, Samples>> {
  const names = Object.keys(things) as Name[];
  const samples = Object.fromEntries(names.map((name) => [name, [] as Samples])) as Record<Name, Samples>;
  for (let round = -warmUp; round < rounds; round++) {
    for (const name of names) {
      const before = process.cpuUsage();
      for (let time = 0; time < times; time++) await things[name]();
      const { user, system } = process.cpuUsage(before);
      if (round >= 0) samples[name].push((user + system) / 1000 / times);
    }
  }
  return samples;
}

/** Compares one thing with another, round by round. */
export function compare(one: Samples, other: Samples): Ratio {
  const ratios = one.map((value, round) => value / (other[round] ?? Number.NaN)).sort((a, b) => a - b);
  const at = (share: number) => ratios[Math.min(ratios.length - 1, Math.floor(share * ratios.length))] ?? Number.NaN;
  return { ratio: at(0.5), spread: (at(0.75) - at(0.25)) / 2 };
}

/** What half of the rounds cost less than. */
export function median(samples: Samples): number {
  return [...samples].sort((a, b) => a - b)[Math.floor(samples.length / 2)] ?? Number.NaN;
}
