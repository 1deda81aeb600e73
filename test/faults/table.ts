/**
 * Runs every cell of a table, `width` at a time. A cell that fails runs once more after the others, because a function
 * limits its own time, and can miss the limit while the processor is busy with other cells.
 *
 * @param check throws when a result is not what the cell promises
 * @returns the results, by the cells' names
 */
export async function runTable<Cell extends { name: string }, Result>(
  cells: readonly Cell[],
  width: number,
  run: (cell: Cell) => Promise<Result>,
  check: (cell: Cell, result: Result) => void,
): Promise<Map<string, Result>> {
  const results = new Map<string, Result>();
  const again: Cell[] = [];
  await inParallel(cells, width, async (cell) => {
    try {
      const result = await run(cell);
      check(cell, result);
      results.set(cell.name, result);
    } catch {
      again.push(cell);
    }
  });
  await inParallel(again, 2, async (cell) => {
    results.set(cell.name, await run(cell));
  });
  return results;
}

async function inParallel<Item>(
  items: readonly Item[],
  width: number,
  work: (item: Item) => Promise<void>,
): Promise<void> {
  const left = [...items];
  const next = async (): Promise<void> => {
    for (let item = left.shift(); item !== undefined; item = left.shift()) await work(item);
  };
  await Promise.all(Array.from({ length: width }, next));
}
