/** Pauses between looks, in milliseconds: a minute in all, which is far longer than Secrets Manager lags. */
export const aMinute = [500, 1_000, 2_000, 4_000, 8_000, 15_000, 30_000];

/** For what is probably not there at all. */
export const aMoment = [500, 1_000, 2_000];

/**
 * Looks again and again until there is something to see. For what is read from where a change may arrive late.
 *
 * @param pauses between looks, in milliseconds
 * @returns `undefined` when there was nothing to the end
 */
export async function eventually<Found>(
  look: () => Promise<Found | undefined>,
  pause: (milliseconds: number) => Promise<void>,
  pauses: readonly number[] = aMinute,
): Promise<Found | undefined> {
  for (const milliseconds of pauses) {
    const found = await look();
    if (found !== undefined) return found;
    await pause(milliseconds);
  }
  return look();
}
