/**
 * A text that fails as this one does, without what has no part in it.
 *
 * @param fails whether a text fails
 */
export async function shorten(text: string, fails: (shorter: string) => Promise<boolean>): Promise<string> {
  let kept = text;
  for (let size = Math.ceil(kept.length / 2); size > 0; size = Math.floor(size / 2)) {
    for (let at = 0; at < kept.length; ) {
      const shorter = kept.slice(0, at) + kept.slice(at + size);
      if (await fails(shorter)) kept = shorter;
      else at += size;
    }
  }
  return kept;
}
