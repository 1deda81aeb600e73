import { InvalidArgumentError } from 'commander';

/** The command line is wrong. The message is followed by a pointer to the command's help. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
}

/** Reads an option that is a whole number in a range. */
export function wholeNumber(least: number, most: number) {
  return (text: string): number => {
    const value = Number(text);
    if (/^\d+$/.test(text) && value >= least && value <= most) return value;
    throw new InvalidArgumentError(`Give a whole number from ${least} to ${most}.`);
  };
}

const units: Record<string, number> = { m: 60_000, h: 3_600_000, d: 86_400_000 };

/** A duration such as `30m`, `2h` or `3d` in milliseconds; `undefined` for another text. */
export function parseDuration(text: string): number | undefined {
  const [, amount, unit = ''] = /^(\d{1,6})([mhd])$/.exec(text) ?? [];
  return amount === undefined ? undefined : Number(amount) * (units[unit] ?? 0);
}

/** Reads an option that is a duration of up to so many days, as milliseconds. */
export function durationUpTo(days: number): (text: string) => number {
  return (text) => {
    const milliseconds = parseDuration(text);
    if (milliseconds !== undefined && milliseconds <= days * 86_400_000) return milliseconds;
    throw new InvalidArgumentError(`It must be a duration such as 30m, 2h or 3d, up to ${days}d.`);
  };
}
