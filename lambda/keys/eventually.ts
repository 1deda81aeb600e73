/** Pauses between looks, in milliseconds. Together they are a minute, which is far longer than Secrets Manager lags. */
export const aMinute = [500, 1_000, 2_000, 4_000, 8_000, 15_000, 30_000];

/** Pauses for a value that is probably not there at all. */
export const aMoment = [500, 1_000, 2_000];

/**
 * Looks again and again until a value is found, in a place where a change may arrive late.
 *
 * @param pauses between looks, in milliseconds
 * @returns `undefined` if nothing was found until the end
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
