import { execFileSync } from 'node:child_process';

/**
 * The changed lines of sources: on a branch, since it left `main`; on `main`, since the commit before. For each file they
 * are ranges in Stryker's form, `file:first-last`. `undefined` if there is nothing to compare with, as in a clone of one
 * commit.
 */
export function changedLines(sources: string[]): string[][] | undefined {
  const base = whereItLeftMain() ?? git('rev-parse', '--verify', '--quiet', 'HEAD~1');
  if (base === undefined) return undefined;
  return sources
    .map((file) => {
      const diff = git('diff', '--unified=0', base, '--', file) ?? '';
      return [...diff.matchAll(/^@@ \S+ \+(\d+)(?:,(\d+))? @@/gm)]
        .map(([, first, count = '1']) => ({ first: Number(first), count: Number(count) }))
        .filter(({ count }) => count > 0)
        .map(({ first, count }) => `${file}:${first}-${first + count - 1}`);
    })
    .filter((lines) => lines.length > 0);
}

/** `undefined` on `main` itself, and if there is no `main`. */
function whereItLeftMain(): string | undefined {
  for (const main of ['refs/heads/main', 'refs/remotes/origin/main']) {
    const left = git('merge-base', 'HEAD', main);
    if (left !== undefined && left !== git('rev-parse', 'HEAD')) return left;
  }
  return undefined;
}

/** @returns `undefined` if Git fails */
function git(...args: string[]): string | undefined {
  try {
    return execFileSync('git', args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] }).trim();
  } catch {
    return undefined;
  }
}
