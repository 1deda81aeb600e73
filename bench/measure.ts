/** A row of a table in docs/proof.md: two things that were measured in turns. */
export interface Result {
  what: string;
  against: string;
  /** The highest good ratio; `null` where there is nothing to aim at. */
  goal: number | null;
  /** Median of the rounds' ratios. */
  ratio: number;
  /** Half the interquartile range of the rounds' ratios. */
  spread: number;
}

/** The rows of each table, by the name between its markers in docs/proof.md. */
export type Sections = Record<string, Result[]>;

/** What is compared with what, by their names, and the highest good ratio. */
export type Goal<Name extends string> = [what: Name, against: Name, goal: number | null];

/** How often each thing has its turn. The rounds of the warm-up come first, and do not count. */
export type Turns = { rounds: number; warmUp?: number };

/**
 * What each thing gives in each round. Every round does all things in turns, so that other work on the machine affects them
 * alike, and every second round does them backwards, so that what one leaves behind for the next does too.
 */
export async function inTurns<Name extends string, Value>(
  things: Record<Name, () => Value | Promise<Value>>,
  { rounds, warmUp = 1 }: Turns,
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

/** Compares the CPU time of things. @param times how often a thing is done in one turn */
export async function compareCpu<Name extends string>(
  things: Record<Name, () => unknown>,
  { times, ...turns }: Turns & { times: number },
  goals: Goal<NoInfer<Name>>[],
): Promise<Result[]> {
  const cpuOf = (run: () => unknown) => async () => {
    const before = process.cpuUsage();
    for (let time = 0; time < times; time++) await run();
    const { user, system } = process.cpuUsage(before);
    return user + system;
  };
  const timed = Object.entries<() => unknown>(things).map(([name, run]) => [name, cpuOf(run)]);
  const samples = await inTurns(Object.fromEntries(timed) as Record<Name, () => Promise<number>>, turns);
  return compare(samples, goals);
}

/** Compares things round by round. */
export function compare<Name extends string>(samples: Record<Name, number[]>, goals: Goal<NoInfer<Name>>[]): Result[] {
  return goals.map(([what, against, goal]) => {
    const others: number[] = samples[against];
    const ratios = samples[what].map((value, round) => value / (others[round] ?? Number.NaN)).sort((a, b) => a - b);
    const at = (share: number) => ratios[Math.min(ratios.length - 1, Math.floor(share * ratios.length))] ?? Number.NaN;
    return { what, against, goal, ratio: at(0.5), spread: (at(0.75) - at(0.25)) / 2 };
  });
}

/** What each goal says that was met and is now missed by more than twice the spread. */
export function lostGoals(before: Sections, now: Sections): string[] {
  return Object.entries(now).flatMap(([name, results]) =>
    results.flatMap(({ what, against, goal, ratio, spread }) => {
      const was = before[name]?.find((earlier) => earlier.what === what && earlier.against === against);
      if (was === undefined || goal === null || was.ratio > goal) return [];
      if (ratio - 2 * Math.max(spread, was.spread, 0.02) <= goal) return [];
      const [is, most] = [ratio.toFixed(2), goal.toFixed(2)];
      return [`Goal missed: ${what} against ${against} is ${is}; before it was at most ${most}.`];
    }),
  );
}
