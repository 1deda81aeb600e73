/** The cost of one thing in each round, in milliseconds of CPU, or of waiting where it says so. */
export type Samples = number[];

/** A ratio of two things that were measured in turns. */
export interface Ratio {
  /** Median of the rounds' ratios. */
  ratio: number;
  /** Half the interquartile range of the rounds' ratios. */
  spread: number;
}

/**
 * What each thing gives in each round. Every round does all things in turns, so that other work on the machine affects them
 * alike, and every second round does them backwards, so that what one leaves behind for the next does too.
 *
 * @param warmUp how many rounds come first and do not count
 */
export async function inTurns<Name extends string, Value>(
  things: Record<Name, () => Value | Promise<Value>>,
  { rounds, warmUp = 1 }: { rounds: number; warmUp?: number },
): Promise<Record<Name, Value[]>> {
  const names = Object.keys(things) as Name[];
  const values = Object.fromEntries(names.map((name) => [name, [] as Value[]])) as Record<Name, Value[]>;
  for (let round = -warmUp; round < rounds; round++) {
    for (const name of names) {
      const value = await things[name]();
      if (round >= 0) values[name].push(value);
    }
    names.reverse();
  }
  return values;
}

/**
 * CPU milliseconds of each thing in each round.
 *
 * @param times how often a thing is done in one turn
 */
export async function measure<Name extends string>(
  things: Record<Name, () => unknown>,
  { times, ...turns }: { rounds: number; times: number; warmUp?: number },
): Promise<Record<Name, Samples>> {
  const cpuOf = (run: () => unknown) => async () => {
    const before = process.cpuUsage();
    for (let time = 0; time < times; time++) await run();
    const { user, system } = process.cpuUsage(before);
    return (user + system) / 1000 / times;
  };
  const timed = Object.entries<() => unknown>(things).map(([name, run]) => [name, cpuOf(run)]);
  return inTurns(Object.fromEntries(timed) as Record<Name, () => Promise<number>>, turns);
}

/** Compares one thing with another, round by round. */
export function compare(one: Samples, other: Samples): Ratio {
  const ratios = one.map((value, round) => value / (other[round] ?? Number.NaN)).sort((a, b) => a - b);
  const at = (share: number) => ratios[Math.min(ratios.length - 1, Math.floor(share * ratios.length))] ?? Number.NaN;
  return { ratio: at(0.5), spread: (at(0.75) - at(0.25)) / 2 };
}
