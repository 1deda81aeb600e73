import { execFileSync } from 'node:child_process';
import { globSync } from 'node:fs';
import { parseArgs } from 'node:util';
import type { PartialStrykerOptions } from '@stryker-mutator/api/core';
import { Stryker } from '@stryker-mutator/core';
import { testsOf, thresholdOf } from './tests.ts';

type MutantResult = Awaited<ReturnType<Stryker['runMutationTest']>>[number];

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { changed: { type: 'boolean', default: false }, minutes: { type: 'string', default: '600' } },
});
const end = Date.now() + Number(values.minutes) * 60_000;
const sources = globSync('lambda/**/*.ts').toSorted();
const targets = values.changed ? changedLines() : wholeFiles(positionals);

const rows: Record<string, string | number>[] = [];
const skipped: string[] = [];
let isGood = true;
for (const [file, mutate] of targets) {
  if (Date.now() > end) {
    skipped.push(file);
    continue;
  }
  const results = await mutateFile(file, mutate);
  const count = (...statuses: MutantResult['status'][]) => results.filter(({ status }) => statuses.includes(status));
  const killed = count('Killed', 'Timeout').length;
  const alive = count('Survived', 'NoCoverage').length;
  const score = killed + alive === 0 ? 100 : (100 * killed) / (killed + alive);
  const ignored = count('Ignored');
  const errors = count('RuntimeError', 'CompileError', 'Pending').length;
  const isEnough = score >= thresholdOf(file) && ignored.every(({ statusReason }) => hasReason(statusReason));
  isGood &&= isEnough;
  rows.push({
    file,
    score: score.toFixed(1),
    needed: thresholdOf(file),
    killed,
    alive,
    ignored: ignored.length,
    errors,
  });
}
console.table(rows);
if (skipped.length > 0) console.log(`Not begun within ${values.minutes} minutes: ${skipped.join(', ')}`);
if (!isGood) {
  console.error('Mutants survive: add the test that kills them, or take away the code that no test misses.');
  process.exitCode = 1;
}

function mutateFile(file: string, mutate: string[]): Promise<MutantResult[]> {
  console.log(`\n${file}, by ${testsOf(file).join(', ')}`);
  const inProcess = { testFiles: globSync(testsOf(file)) };
  return new Stryker({ mutate, inProcess } as PartialStrykerOptions).runMutationTest();
}

function hasReason(reason: string | undefined): boolean {
  return reason !== undefined && !reason.startsWith('Ignored');
}

function wholeFiles(wanted: string[]): Map<string, string[]> {
  const files = wanted.length === 0 ? sources : sources.filter((file) => wanted.some((path) => file.startsWith(path)));
  return new Map(files.map((file) => [file, [file]]));
}

/** Lines that differ from where the branch began, or from the commit before when this is the main branch. */
function changedLines(): Map<string, string[]> {
  const git = (...args: string[]) => execFileSync('git', args, { encoding: 'utf8' }).trim();
  const base = git('merge-base', 'HEAD', 'main');
  const from = base === git('rev-parse', 'HEAD') ? 'HEAD~1' : base;
  const changed = new Map<string, string[]>();
  let file = '';
  for (const line of git('diff', '--unified=0', '--no-prefix', from, '--', 'lambda').split('\n')) {
    if (line.startsWith('+++ ')) file = line.slice(4);
    const [, start, count = '1'] = /^@@ \S+ \+(\d+)(?:,(\d+))? @@/.exec(line) ?? [];
    if (start === undefined || count === '0' || !sources.includes(file)) continue;
    changed.set(file, [...(changed.get(file) ?? []), `${file}:${start}-${Number(start) + Number(count) - 1}`]);
  }
  return changed;
}
