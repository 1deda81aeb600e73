/**
 * Merges sequences that are sorted by a key into one. Of equal keys, the earlier sequence comes first. It holds one item of
 * each.
 */
export async function* mergeSorted<Item>(
  sources: readonly AsyncGenerator<Item>[],
  keyOf: (item: Item) => string,
): AsyncGenerator<Item> {
  const read = async (source: AsyncGenerator<Item>) => {
    const { value, done } = await source.next();
    return done ? undefined : { source, item: value, key: keyOf(value) };
  };
  const heads = await Promise.all(sources.map(read));
  for (;;) {
    let least: (typeof heads)[number];
    for (const head of heads) if (head && (least === undefined || head.key < least.key)) least = head;
    if (least === undefined) return;
    yield least.item;
    heads[heads.indexOf(least)] = await read(least.source);
  }
}
