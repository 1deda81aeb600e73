import { readFileSync } from 'node:fs';
import { type Fault, faults } from './fault-proxy.ts';

const page = readFileSync(new URL('../../docs/proof.md', import.meta.url), 'utf8');

/** What docs/proof.md promises for one fault in one column: while it lasts, and when only one call has it. */
export interface Promised<Column extends string> {
  fault: Fault;
  column: Column;
  lasting: string;
  once: string;
}

/**
 * Reads every promise of the table under a heading.
 *
 * @throws {Error} when the table has other rows or columns than the test knows
 */
export function promises<Column extends string>(heading: string, columns: readonly Column[]): Promised<Column>[] {
  const section = page.split(/^##+ /m).find((part) => part.startsWith(`${heading}\n`)) ?? '';
  const [titles = [], _line, ...rows] = section
    .split('\n')
    .filter((line) => line.startsWith('|'))
    .map(cellsOf);
  // A row is for all faults that end alike.
  const cells = new Map(rows.flatMap(([names = '', ...ends]) => names.split(', ').map((name) => [name, ends])));
  if (titles.slice(1).join() !== columns.join() || [...cells.keys()].toSorted().join() !== faults.toSorted().join()) {
    throw new Error(`docs/proof.md, "${heading}": give it the columns ${columns}, and the rows ${faults}`);
  }
  return faults.flatMap((fault) =>
    columns.map((column, index) => {
      const [lasting = '', once = lasting] = cells.get(fault)?.[index]?.split(', once ') ?? [];
      return { fault, column, lasting, once };
    }),
  );
}

/**
 * Those that a run checks: with `FAULTS=all` every one. All of them take minutes, so otherwise it is only faults that last
 * from the first call on, and of those that end alike only some.
 */
export function inThisRun<Cell extends { extent: string; fault: Fault }>(
  cells: readonly Cell[],
  some: readonly Fault[],
): Cell[] {
  if (process.env.FAULTS === 'all') return [...cells];
  return cells.filter(({ extent, fault }) => extent !== 'once' && extent !== 'midway' && some.includes(fault));
}

function cellsOf(line: string): string[] {
  return line
    .split('|')
    .slice(1, -1)
    .map((cell) => cell.trim());
}
