import { execFileSync } from 'node:child_process';

/**
 * The lines of sources that differ from where this branch left `main`, or on `main` from the commit before: for each file
 * its ranges as Stryker takes them, `file:first-last`.
 */
export function changedLines(sources: string[]): string[][] {
  return sources
    .map((file) => {
      const diff = git('diff', '--unified=0', base(), '--', file);
      return [...diff.matchAll(/^@@ \S+ \+(\d+)(?:,(\d+))? @@/gm)]
        .map(([, first, count = '1']) => ({ first: Number(first), count: Number(count) }))
        .filter(({ count }) => count > 0)
        .map(({ first, count }) => `${file}:${first}-${first + count - 1}`);
    })
    .filter((lines) => lines.length > 0);
}

function base(): string {
  const parent = git('rev-parse', 'HEAD~1');
  const main = git('for-each-ref', '--format=%(objectname)', 'refs/heads/main', 'refs/remotes/origin/main').split(
    '\n',
  )[0];
  const left = main ? git('merge-base', 'HEAD', main) : '';
  return left === '' || left === git('rev-parse', 'HEAD') ? parent : left;
}

function git(...args: string[]): string {
  return execFileSync('git', args, { encoding: 'utf8' }).trim();
}
