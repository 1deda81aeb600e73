import { InvalidArgumentError } from 'commander';

const units: Record<string, number> = { m: 60_000, h: 3_600_000, d: 86_400_000 };

/** Reads durations such as `30m`, `2h` and `3d`, up to so many days, as milliseconds. */
export function durationUpTo(days: number): (value: string) => number {
  return (value) => {
    const [, amount = '', unit = ''] = /^(\d{1,6})([mhd])$/.exec(value) ?? [];
    const milliseconds = Number(amount) * (units[unit] ?? Number.NaN);
    if (milliseconds <= days * 86_400_000) return milliseconds;
    throw new InvalidArgumentError(`It must be a duration such as 30m, 2h or 3d, up to ${days}d.`);
  };
}
