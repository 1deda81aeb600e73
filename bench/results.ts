import { formatTable } from '../terminal/output.ts';
import type { Ratio } from './rounds.ts';

/** A row of a table in docs/proof.md. */
export interface Result extends Ratio {
  /** What was measured. */
  what: string;
  /** What it was compared with. */
  against: string;
  /** The highest good ratio; `null` where there is nothing to aim at. */
  goal: number | null;
}

/** The rows of each table, by the table's name between the markers in docs/proof.md. */
export type Sections = Record<string, Result[]>;

export function result(what: string, against: string, goal: number | null, ratio: Ratio): Result {
  return { what, against, goal, ...ratio };
}

const rounded = (value: number | null) => value?.toFixed(2) ?? '';

export function toTable(results: Result[]): string {
  const cells = results.map(({ what, against, ratio, spread, goal }) => [
    ...[what, against, rounded(ratio), `± ${rounded(spread)}`, rounded(goal)],
  ]);
  return formatTable(['what', 'against', 'ratio', 'spread', 'goal'], cells);
}

/** What each goal says that was met and is now missed by more than twice the spread. */
export function lostGoals(before: Sections, now: Sections): string[] {
  return Object.entries(now).flatMap(([name, results]) =>
    results.flatMap(({ what, against, goal, ratio, spread }) => {
      const was = before[name]?.find((earlier) => earlier.what === what && earlier.against === against);
      if (was === undefined || goal === null || was.ratio > goal) return [];
      if (ratio - 2 * Math.max(spread, was.spread, 0.02) <= goal) return [];
      return [`Goal missed: ${what} against ${against} is ${rounded(ratio)}; before it was at most ${rounded(goal)}.`];
    }),
  );
}
