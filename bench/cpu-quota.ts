import { existsSync, mkdirSync, rmdirSync, writeFileSync } from 'node:fs';

/** Lambda gives a function one whole core at this much memory, in MB, and less in proportion. */
const memoryOfCore = 1_769;
/** Microseconds. */
const period = 20_000;

export type CpuQuota = NonNullable<ReturnType<typeof createCpuQuota>>;

/** A control group of Linux, which limits the CPU of its processes. @returns nothing where this process may not make one */
export function createCpuQuota() {
  const isUnified = existsSync('/sys/fs/cgroup/cgroup.controllers');
  const folder = `/sys/fs/cgroup/${isUnified ? '' : 'cpu/'}first-answer-${process.pid}`;
  const write = (name: string, value: number | string) => writeFileSync(`${folder}/${name}`, String(value));
  /** To the CPU that Lambda gives with so much memory, or no longer. */
  const limit = (memory: number | undefined) => {
    const share = memory === undefined ? undefined : Math.round((memory / memoryOfCore) * period);
    if (isUnified) write('cpu.max', `${share ?? 'max'} ${period}`);
    else write('cpu.cfs_quota_us', share ?? -1);
  };
  try {
    mkdirSync(folder);
    if (!isUnified) write('cpu.cfs_period_us', period);
    limit(undefined);
  } catch {
    if (existsSync(folder)) rmdirSync(folder);
    return undefined;
  }
  return { add: (pid: number) => write('cgroup.procs', pid), limit, remove: () => rmdirSync(folder) };
}
