/** Milliseconds of a period that are left. If its beginning cannot be read, or is in the future, all of it is left. */
export function remaining(since: string, period: number, now: number): number {
  const passed = now - Date.parse(since) || 0;
  return period - Math.max(0, passed);
}

/** A time for people, rounded up. */
export function seconds(milliseconds: number): string {
  return `${Math.ceil(milliseconds / 1000)} s`;
}
