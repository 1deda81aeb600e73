import { readdirSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { createSorter, type Sortable } from '../../../cli/archive/external-sort.ts';
import { collect } from './archive.ts';

async function sort(items: readonly Sortable[], mostBytes: number): Promise<Sortable[]> {
  const sorter = createSorter(mostBytes);
  try {
    for (const item of items) await sorter.add(item);
    return await collect(sorter.sorted());
  } finally {
    await sorter.close();
  }
}

test('sorts the same in memory, on disk, and by the book', async () => {
  const item = fc.record({ key: fc.string({ unit: 'binary-ascii' }), text: fc.string({ unit: 'grapheme' }) });
  await fc.assert(
    fc.asyncProperty(fc.uniqueArray(item, { selector: ({ key }) => key, maxLength: 60 }), async (items) => {
      const expected = [...items].sort((one, other) => (one.key < other.key ? -1 : 1));
      expect(await sort(items, 1_000_000)).toEqual(expected);
      expect(await sort(items, 40)).toEqual(expected);
    }),
    { numRuns: 40 },
  );
});

test('texts that are longer than what is read at once come back', async () => {
  const items = [3, 1, 2].map((key) => ({ key: String(key), text: String(key).repeat(200_000) }));
  expect(await sort(items, 1)).toEqual([items[1], items[2], items[0]]);
});

test('nothing of it has a name on disk while it is sorted', async () => {
  const folders = () => readdirSync(tmpdir()).filter((name) => /^mmw-[A-Za-z0-9]{6}$/.test(name));
  const before = folders();
  const sorter = createSorter(1);
  for (const key of ['b', 'a']) await sorter.add({ key, text: 'secret' });
  expect(folders().filter((name) => !before.includes(name))).toEqual([]);
  await sorter.close();
});
